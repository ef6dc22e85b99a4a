"""IntegrationConfig's ``components``: the programs that come with the platform."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mto.spec.base import Flag, FreeForm, Spec, Words
from mto.spec.integrations import SecretRef

_MODE = "Managed: installed here; External: one that is there already is used. Default: Managed."
_VALUES = "Helm values, passed on unread."


class IngressHost(Spec):
    """One host of its own (MTO's older scheme)."""

    host: str = Field("", description="Host name.")
    tls_secret_name: str = Field("", description="Secret with the certificate.")
    path: str = Field("", description="Path under the host; the component's usual one if empty.")


class ComponentIngress(Spec):
    """Under which host the platform's pages are reached."""

    host: str = Field(
        "",
        description="Shared host: Console at /, Gateway at /gateway, Dex at /dex, FinOps gateway "
        "at /finops. Default on OpenShift: tenant-operator-<namespace>.<cluster domain>.",
    )
    tls_secret_name: str = Field("", description="Secret with the certificate.")
    ingress_class_name: str = Field("", description="Ingress class.")
    console: IngressHost | None = Field(None, description="A host of its own for the Console.")
    gateway: IngressHost | None = Field(None, description="A host of its own for the Gateway.")
    dex: IngressHost | None = Field(None, description="A host of its own for Dex.")
    finops_gateway: IngressHost | None = Field(
        None, description="A host of its own for the FinOps gateway."
    )


class ExternalDatabase(Spec):
    """A PostgreSQL that is there already."""

    secret_ref: SecretRef | None = Field(
        None,
        description="Secret with dsn, or host, port, username, password, database and sslmode.",
    )


class ExternalServer(Spec):
    """A server that is there already."""

    server_url: Words = Field(alias="serverURL", description="URL of the server.")


class ExternalIssuer(Spec):
    """An OpenID Connect issuer that is there already."""

    issuer: Words = Field(description="URL of the issuer.")


class Managed(Spec):
    """A program that is installed here unless one is there already."""

    mode: Literal["Managed", "External"] = Field("Managed", description=_MODE)
    values: FreeForm = Field({}, description=_VALUES)


class Postgres(Managed):
    """The database."""

    external: ExternalDatabase | None = Field(None, description="For mode External.")


class Prometheus(Managed):
    """Metrics."""

    external: ExternalServer | None = Field(None, description="For mode External.")


class OpenCost(Managed):
    """Cost."""

    external: ExternalServer | None = Field(
        None, description="For mode External; MTO's maker advises against it."
    )


class Dex(Managed):
    """Login."""

    external: ExternalIssuer | None = Field(None, description="For mode External.")


class Chart(Spec):
    """A program of which only the Helm values can be set."""

    values: FreeForm = Field({}, description=_VALUES)


class SpotData(Spec):
    """Where AWS writes spot prices."""

    aws_spot_data_bucket: str = Field("", description="Bucket of the data feed.")
    aws_spot_data_region: str = Field("", description="Region of the bucket.")
    aws_spot_data_prefix: str = Field("", description="Prefix within the bucket.")


class CustomPricing(SpotData):
    """Prices, as decimal text. Deprecated in favour of PriceBook."""

    cpu: str = Field("", alias="CPU", description="Price of a CPU for an hour.")
    spot_cpu: str = Field("", alias="spotCPU", description="Price of a spot CPU for an hour.")
    ram: str = Field("", alias="RAM", description="Price of a GiB of memory for an hour.")
    spot_ram: str = Field("", alias="spotRAM", description="The same on spot machines.")
    gpu: str = Field("", alias="GPU", description="Price of a GPU for an hour.")
    storage: str = Field("", description="Price of a GiB of storage for an hour.")
    zone_network_egress: str = Field("", description="Price of a GiB within the zone.")
    region_network_egress: str = Field("", description="Price of a GiB within the region.")
    internet_network_egress: str = Field("", description="Price of a GiB to the internet.")
    provider: str = Field("", description="Name of the provider.")
    description: str = Field("", description="What the prices are.")
    project_id: str = Field("", description="Project of the provider.")
    spot_label: str = Field("", description="Label of spot nodes.")
    spot_label_value: str = Field("", description="Value of that label.")


class ShowbackOptions(Spec):
    """Deprecated: use PriceBook and the values of opencost and prometheus."""

    custom: CustomPricing | None = Field(None, description="Prices of one's own.")
    cloud_pricing_secret_ref: SecretRef | None = Field(
        None,
        description="Secret with the provider's key. MTO's documents also call it "
        "cloudIntegrationSecretRef; both are accepted, this one wins.",
    )
    cloud_integration_secret_ref: SecretRef | None = Field(
        None, description="The other name of cloudPricingSecretRef."
    )
    opencost_service_role_arn: str = Field("", description="AWS role of OpenCost.")
    retention_period: str = Field("7d", description="How long prices are kept. Default: 7d.")


class Components(Spec):
    """The programs that come with the platform."""

    console: Flag = Field(default=False, description="The web pages. Default: false.")
    showback: Flag = Field(default=False, description="The cost pages. Default: false.")
    ingress: ComponentIngress = Field(
        ComponentIngress(), description="Under which host the pages are reached."
    )
    trusted_root_cert: str = Field(
        "",
        description="Secret with a private certificate authority. Missing from some of MTO's CRDs, "
        "documented on its Dashboard page; accepted here.",
    )
    postgres: Postgres = Field(Postgres(), description="The database.")
    prometheus: Prometheus = Field(Prometheus(), description="Metrics.")
    opencost: OpenCost = Field(OpenCost(), description="Cost.")
    dex: Dex = Field(Dex(), description="Login.")
    dex_config_operator: Chart = Field(Chart(), description="Configuration of Dex.")
    finops_operator: Chart = Field(Chart(), description="Cost jobs and price books.")
    showback_opts: ShowbackOptions | None = Field(
        None, description="Deprecated: use PriceBook and the values of opencost and prometheus."
    )
