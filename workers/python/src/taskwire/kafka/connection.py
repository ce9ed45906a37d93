"""How to reach the brokers: the same settings as Taskwire's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

FILES = {"KAFKA_SSL_CA": "ssl_cafile", "KAFKA_SSL_CERT": "ssl_certfile", "KAFKA_SSL_KEY": "ssl_keyfile"}


def connection_settings(brokers: str, env: Mapping[str, str]) -> dict[str, Any]:
    """kafka-python's settings from `KAFKA_SSL`, `KAFKA_SSL_*` and `KAFKA_SASL_*`, by the names that Taskwire uses."""
    ssl = env.get("KAFKA_SSL") == "true"
    mechanism = env.get("KAFKA_SASL_MECHANISM")
    settings: dict[str, Any] = {
        "bootstrap_servers": brokers.split(","),
        "security_protocol": ("SASL_" if mechanism else "") + ("SSL" if ssl else "PLAINTEXT"),
        "reconnect_backoff_max_ms": 1_000,
    }
    settings |= {setting: env[name] for name, setting in FILES.items() if name in env}
    if mechanism:
        settings |= {
            "sasl_mechanism": mechanism.upper(),
            "sasl_plain_username": env.get("KAFKA_SASL_USERNAME"),
            "sasl_plain_password": env.get("KAFKA_SASL_PASSWORD"),
        }
    return settings
