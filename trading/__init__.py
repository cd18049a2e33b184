"""Features that use a retail user's own login at the REST API: the access check, the order desk."""
