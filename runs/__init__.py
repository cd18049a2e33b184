"""Runs of model 3: the orders of a published basket for clients who consented, placed by each client's own click.

operations   proposed, opened by two, links, stopped, settled     visits     a client's link and proof
placing      line by line in the client's session, once           pace       orders a second, over all processes
monitor      each client and line, the book beside messages       kinds      the change that two people decide
"""
