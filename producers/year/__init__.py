"""A calendar year of notices (届出) in a made-up city: `days` when, `town` who, `scenes` what, `calendar` in order."""

from producers.year.calendar import year

__all__ = ["year"]
