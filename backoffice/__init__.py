"""The portal: the Django project, and what belongs to no single business area."""

#: By semantic versioning; CHANGELOG.md says what each version changed.
__version__ = "0.2.0"
