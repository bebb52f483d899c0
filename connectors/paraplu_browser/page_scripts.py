"""The scripts that the connector runs inside a page: reading a field, and a gate in front of the click.

Between the last look at a field and the click that sends it lies time enough for a redraw, all the more
on a busy machine. So the fields that were typed into are watched inside the page itself while the target
clicks: when one of them has changed by the time the click arrives, the page never hears of that click,
the field is put right, and the click is made again.
"""

from __future__ import annotations

# The same detour from a label to its control as Playwright takes when it fills.
_READ = """const control = element =>
  element.matches('input, textarea, select, [role=checkbox], [role=switch], [role=radio]')
    || element.isContentEditable ? element : element.closest('label')?.control ?? element;
const read = element => {
  const kind = element.localName;
  if (kind === 'input' && ['checkbox', 'radio'].includes(element.type))
    return ['tick', element.checked ? 'on' : 'off'];
  if (kind === 'input') return [element.type, element.value];
  if (kind === 'textarea') return [kind, element.value];
  if (kind === 'select')
    return [kind, JSON.stringify(Array.from(element.selectedOptions, option => option.value))];
  if (element.isContentEditable) return ['editable', element.innerText];
  const ticked = element.getAttribute('aria-checked');
  if (ticked !== null) return ['tick', ticked === 'true' ? 'on' : 'off'];
  return ['other', ''];
};"""

LOOK = f"""elements => {{ {_READ}
  return elements.slice(0, 1).map(element => read(control(element)));
}}"""
"""On a list of elements: the kind and the value of the first, as a list of one, or an empty list."""

CLOSE_GATE = f"""elements => {{ {_READ}
  const key = Symbol.for('paraplu.gate');
  return elements.slice(0, 1).map(element => {{
    const field = control(element), view = field.ownerDocument.defaultView;
    const gate = view[key] ??= {{fields: new Map(), turned: false, listens: false}};
    if (!gate.listens) {{
      gate.listens = true;
      const check = event => {{
        if (event.type === 'keydown' && event.key !== 'Enter') return;
        for (const [field, value] of gate.fields)
          if (!field.isConnected || read(field)[1] !== value) gate.turned = true;
        if (!gate.turned) return;
        event.preventDefault();
        event.stopImmediatePropagation();
      }};
      for (const type of ['click', 'dblclick', 'keydown', 'submit'])
        view.addEventListener(type, check, true);
    }}
    gate.fields.set(field, read(field)[1]);
    return read(field);
  }});
}}"""
"""The same, and from then on clicks and Enter are kept from the page when the field has changed."""

OPEN_GATE = """() => {
  const gate = window[Symbol.for('paraplu.gate')];
  const turned = gate?.turned ?? false;
  if (gate) { gate.turned = false; gate.fields.clear(); }
  return turned;
}"""
"""Lets everything pass again; whether anything was kept from the page of this frame."""

HOLDS_PASSWORD = "() => document.activeElement?.type === 'password'"  # noqa: S105
"""Whether what is typed on the keyboard goes into a password field of this frame."""
