"""The Book that the processes of an installation work by. Commands that only look at a Book load it themselves."""

from contracts.book import Book, load
from contracts.contract import Contract
from hub.config import Settings
from hub.errors import NotPermitted

_REMEDY = "Have each contract approved (決裁), and write who, when and under which reference instead of `sample = true`"


def book(settings: Settings) -> Book:
    """The Book of `settings`; raises BookRefused, and in production NotPermitted where an approval is only a sample."""
    given = load(settings.contracts)
    samples = [name for name, contract in given.contracts.items() if _is_sample(contract)]
    if samples and settings.env == "production":
        raise NotPermitted("sample-approval", ", ".join(samples), _REMEDY)
    return given


def _is_sample(contract: Contract) -> bool:
    return contract.approved.sample or any(grant.approved.sample for grant in contract.granted)
