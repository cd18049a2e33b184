"""Whether the portal is well: for load balancers, monitoring and the people who are called at night."""
