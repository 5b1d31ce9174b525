"""``litebrush export app``: a small project around models, generated from their contracts.

In reading order: ``platforms.py`` is the table of platforms and of what each takes, ``embedded_model.py`` is a model as
templates see it, ``vectors.py`` computes what the projects' own tests compare with, ``literals.py`` writes values in
the platforms' languages, ``project.py`` renders ``templates/PLATFORM`` and puts the models beside it, ``cli.py`` is
the command. Sources are the same for all models; what differs between contracts is in one rendered file each.
"""
