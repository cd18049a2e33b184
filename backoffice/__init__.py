"""The portal: the Django project, and what belongs to no single business area."""
