"""The order desk: a dealer places, changes and cancels a client's orders inside a session that the client opened.

sessions   a client's login, sealed and short-lived       tickets    what a form says, its findings, its words
books      the client's books, read whole                 orders     confirm, commit, send: once
caps       rupees of an order, a client, a dealer         asking     modifications and cancellations
seen       what the book says of our orders               doubt      orders whose outcome nobody knows
stop       the kill switch of all desks                   services   where a session's calls go
pages      forms and views
"""
