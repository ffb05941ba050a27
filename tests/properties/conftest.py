"""One profile for every property: a slow machine is no counter-example, and a found one is printed to be repeated."""

from hypothesis import HealthCheck, settings

settings.register_profile("hub", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hub")
