"""What auditors do with the record: prove it, question it, keep it elsewhere, export it, erase lawfully."""
