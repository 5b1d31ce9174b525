"""The studies of ``make bench``: each a module that measures, with dataclasses that the page is made of."""
