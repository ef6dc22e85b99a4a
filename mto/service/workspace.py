"""The one place where parts are put together: settings, manifests, state, cluster, engine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace

from mto.cluster.client import Cluster
from mto.cluster.connection import Connection
from mto.cluster.kubeconfig import load
from mto.cluster.observe import GROUP, argocd, cluster_roles, contents, serves
from mto.components.extra import PLATFORM, TENANT, Extra
from mto.engine.choice import ChosenEngine
from mto.engine.direct.engine import GONE_WITHIN, DirectEngine, Vault
from mto.engine.port import Engine, EngineName
from mto.engine.pulumi.engine import WORKERS, Ground, PulumiEngine
from mto.engine.pulumi.folder import Setting
from mto.plan import appproject, clusterquota, platform, tenant
from mto.plan.build import Settings
from mto.plan.observed import ArgoCD, Contents, Observed, Surroundings
from mto.plan.resource import Plan
from mto.plan.role import EVERYWHERE
from mto.plan.sandbox import group_names, people
from mto.service import members
from mto.service.environment import Environment
from mto.service.errors import UnknownTenant
from mto.service.survey import Survey, survey
from mto.spec.names import namespace_names
from mto.spec.world import World
from mto.state.backend import Backend, open_backend


@dataclass
class Workspace:
    """One environment, opened. ``parallel`` stacks are worked on at a time."""

    environment: Environment
    world: World
    cluster: Cluster
    backend: Backend
    engine: Engine
    delete_namespaces: frozenset[str] = frozenset()
    parallel: int = 8
    deadline: float = 600.0
    _argocd: ArgoCD | None = field(default=None, init=False, repr=False)
    _around: Surroundings | None = field(default=None, init=False, repr=False)

    @property
    def gone_within(self) -> float:
        """Seconds that one namespace may take to go: never longer than the whole may take."""
        return min(GONE_WITHIN, self.deadline)

    @property
    def settings(self) -> Settings:
        return self.environment.settings(self.delete_namespaces)

    def tenants(self, names: Iterable[str] = ()) -> tuple[str, ...]:
        """The named ones, or all that are declared; raises UnknownTenant."""
        chosen = tuple(dict.fromkeys(names))
        for name in chosen:
            if name not in self.world.tenants:
                raise UnknownTenant(name, self.world.tenants)
        return chosen or tuple(sorted(self.world.tenants))

    def stacks(self) -> dict[str, str]:
        """Tenants that have a stack in this environment, with its name."""
        prefix = f"{self.environment.name}."
        return {
            stack.removeprefix(prefix): stack
            for stack in self.backend.stacks()
            if stack.startswith(prefix)
        }

    def vanished(self) -> tuple[str, ...]:
        """Tenants with a stack and without a manifest: never destroyed unasked."""
        return tuple(sorted(self.stacks().keys() - self.world.tenants.keys()))

    def platform(self) -> Plan:
        return platform.plan(self.world, settings=self.settings)

    def tenant(self, name: str, observed: Observed) -> Plan:
        declared = self.world.tenants[name]
        return tenant.plan(declared, self.world, observed=observed, settings=self.settings)

    async def survey(self) -> Survey:
        """What is live of all tenants; asked afresh at each call, but for what is around them.

        That is asked for once a workspace, and only where somebody's plan depends on it.
        """
        if self._around is None:
            self._around = await self._surroundings()
        if self._argocd is None and (place := appproject.home(self.world)):
            live, self._argocd = await asyncio.gather(
                survey(self.cluster), argocd(self.cluster, place)
            )
        else:
            live = await survey(self.cluster)
        return replace(live, argocd=self._argocd or ArgoCD(), around=self._around)

    async def _surroundings(self) -> Surroundings:
        """Who is in which group goes into the world: it is declared, elsewhere."""
        if any(group_names(one.value) for one in self.world.tenants.values()):
            openshift = await serves(self.cluster, *GROUP)
            config = self.world.config.value
            found = await members.read(self.environment, config, self.cluster, openshift=openshift)
            self.world = replace(self.world, groups=found)
        roles = self.world.config.value.spec.access_control.rbac.tenant_roles
        asked = not roles.names() <= EVERYWHERE
        return Surroundings(
            await cluster_roles(self.cluster) if asked else None,
            await serves(self.cluster, clusterquota.VERSION, clusterquota.KIND),
        )

    async def observe(self, name: str, live: Survey) -> Observed:
        """One tenant's part, with the contents of the namespaces that it no longer declares."""
        declared = self.world.tenants[name]
        known = live.observed(name, {})
        through = people(declared, self.world.groups, known).persons
        names = {*namespace_names(declared.value), *(one.namespace for one in through)}
        leaving = live.undeclared(name, names)
        return live.observed(name, await self.contents(leaving))

    async def contents(self, namespaces: Collection[str]) -> Mapping[str, Contents]:
        """What the namespaces hold besides what MTO and Kubernetes put there."""
        found = await asyncio.gather(*(contents(self.cluster, name) for name in namespaces))
        return dict(zip(namespaces, found, strict=True))


@dataclass(frozen=True)
class Manner:
    """How to work: what the command line says besides the place."""

    delete_namespaces: frozenset[str] = frozenset()
    parallel: int = 8
    deadline: float = 600.0
    engine: EngineName = EngineName.AUTO
    headers: tuple[tuple[str, str], ...] = ()
    """Go with every request to the cluster."""
    term: int | None = None
    """The service's, where the headers carry it: locks of earlier terms are broken."""


def connect(environment: Environment) -> Connection:
    """The way to the environment's cluster."""
    if environment.kubeconfig is None:
        return Connection.in_cluster()
    return load(environment.kubeconfig, environment.context, current=True)


@asynccontextmanager
async def opened(
    environment: Environment, world: World, manner: Manner = Manner()
) -> AsyncIterator[Workspace]:
    """A workspace on the environment's cluster; nothing is asked of it yet."""
    connection = connect(environment)
    connection = replace(connection, headers=(*connection.headers, *manner.headers))
    backend = open_backend(environment.backend_url)
    backend.term = manner.term
    with closing(backend):
        async with Cluster(connection) as cluster:
            chosen = ChosenEngine(
                _direct(environment, cluster, backend, deadline=manner.deadline),
                _pulumi(
                    environment,
                    lambda: workspace.world,
                    cluster,
                    backend=backend,
                    parallel=manner.parallel,
                ),
                backend,
                wanted=manner.engine,
            )
            workspace = Workspace(
                environment,
                world,
                cluster,
                backend,
                chosen,
                delete_namespaces=manner.delete_namespaces,
                parallel=manner.parallel,
                deadline=manner.deadline,
            )
            try:
                yield workspace
            finally:
                await chosen.close()


def _direct(
    environment: Environment, cluster: Cluster, backend: Backend, *, deadline: float
) -> DirectEngine:
    provider = environment.salt and {"type": "passphrase", "state": {"salt": environment.salt}}
    vault = Vault(os.environ, provider or None)
    gone_within = min(GONE_WITHIN, deadline)
    return DirectEngine(cluster, backend, vault=vault, gone_within=gone_within)


def _pulumi(
    environment: Environment,
    world: Callable[[], World],
    cluster: Cluster,
    *,
    backend: Backend,
    parallel: int,
) -> PulumiEngine:
    """Costs nothing before a stack needs it; ``world`` is what is declared at that moment."""
    document, url = environment.document, environment.backend_url
    setting = Setting(environment.root, document, os.environ, url)
    ground = Ground(
        cluster, backend, setting, extra=lambda stack: extra(environment, world(), stack)
    )
    return PulumiEngine(ground, workers=min(parallel, WORKERS))


def extra(environment: Environment, world: World, stack: str) -> Extra | None:
    """What the project's own functions add to a stack, if the environment names any."""
    if not environment.resources:
        return None
    _, _, name = stack.partition(".")
    if not name:
        tenants = {key: one.value for key, one in world.tenants.items()}
        return Extra(environment.root, environment.resources, PLATFORM, tenants)
    declared = world.tenants.get(name)
    if declared is None:
        return None
    return Extra(environment.root, environment.resources, TENANT, declared.value)
