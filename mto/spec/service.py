"""``mto:service`` of an environment's settings: the service, run in the cluster that it serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field, model_validator

from mto.spec.base import DnsLabel, DnsName, Quantity, Spec, Words

GIT_SYNC = "registry.k8s.io/git-sync/git-sync:v4.4.0"


class Git(Spec):
    """Where the manifests come from; a side-car keeps a checkout up to date."""

    repository: Words = Field(description="URL of the repository.")
    ref: Words = Field("HEAD", description="Branch, tag or commit to follow.")
    path: Words = Field("tenants", description="Folder of the manifests in the repository.")
    secret: DnsName | None = Field(
        None, description="Secret with GITSYNC_USERNAME and GITSYNC_PASSWORD, if Git asks."
    )
    image: Words = Field(GIT_SYNC, description="Image of git-sync.")


class Volume(Spec):
    """A claim that the platform makes for the state."""

    size: Quantity = Field("1Gi", description="How large.")
    storage_class_name: DnsName | None = Field(None, description="The cluster's default if unset.")
    access_mode: Literal["ReadWriteOnce", "ReadWriteMany"] = Field(
        "ReadWriteOnce", description="ReadWriteMany lets a second replica stand by."
    )


class State(Spec):
    """One place for the state: PostgreSQL, or a volume."""

    secret: DnsName | None = Field(
        None, description="Secret whose key url holds a postgres:// URL."
    )
    volume: Volume | None = Field(None, description="A volume instead.")

    @model_validator(mode="after")
    def _one_place(self) -> State:
        if (self.secret is None) is (self.volume is None):
            raise ValueError("name either secret (PostgreSQL) or volume")
        return self


class Service(Spec):
    """All that cannot be guessed."""

    image: Words = Field(description="MTO's image in your registry, best by digest.")
    git: Git = Field(description="Where the manifests come from.")
    state: State = Field(description="Where the state is kept.")
    passphrase_secret: DnsLabel | None = Field(
        None, description="Secret whose key passphrase opens the secrets of the state."
    )
    replicas: int | None = Field(
        None, ge=1, le=5, description="Default: 2; 1 with a volume for one at a time."
    )
    cpu: Quantity = Field("100m", description="Requested by each replica.")
    memory: Quantity = Field("512Mi", description="Requested by each replica, and its limit.")

    @model_validator(mode="after")
    def _replicas_share_the_state(self) -> Service:
        if self.alone and (self.replicas or 1) > 1:
            raise ValueError(
                "replicas: several need a state that all of them reach: PostgreSQL, or a volume "
                "with accessMode ReadWriteMany"
            )
        return self

    @property
    def alone(self) -> bool:
        """Its volume can be mounted by one at a time."""
        volume = self.state.volume
        return volume is not None and volume.access_mode == "ReadWriteOnce"

    @property
    def count(self) -> int:
        return self.replicas or (1 if self.alone else 2)


@dataclass(frozen=True)
class Deployed:
    """``settings`` is the text of the environment's file, as the service in the cluster reads it.

    ``held``: whoever asks is that service, and leaves its own objects as they are recorded.
    """

    spec: Service
    settings: str
    held: bool = False
