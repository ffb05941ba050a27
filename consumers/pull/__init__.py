"""REST pull (`via = "rest"`): a subscriber's program fetches what its contract is told, and says what it has taken.

It proves itself by OAuth 2.0 client credentials with `client_secret_jwt`, and is answered under the scopes of its one
contract. What it fetches are the sealed tokens as they lie, with the place where they lie; nothing is opened in order
to be handed out. What it acknowledges is settled like any other hand-over, strictly in order per resident.
"""
