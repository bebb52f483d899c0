"""The practice office: a small payroll and purchasing product of our own, to practise on.

It stands in for a foreign product: it knows nothing of Paraplu's tables and imports nothing of
Paraplu. `app` lists its pages, `seed` its people and goods, `moods` the ways in which it can be
told to misbehave, and `office` starts and steers it from Python.

`python -m paraplu.practice serve --database office.db` starts it for people.
"""
