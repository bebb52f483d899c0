"""What goes into an evidence zip as it is: the two verifiers, which need nothing of Paraplu."""
