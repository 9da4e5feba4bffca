"""The client of Plytix: one seam (`session`), pure readers of its answers (`answers`), one method an operation (`products`)."""
