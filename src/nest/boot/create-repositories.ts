import type { Type } from '@nestjs/common';
import {
  AggregateRepository,
  NestedCallGuard,
  type AggregateRootLike,
  type AggregateStore,
} from '../../aggregates/index.js';
import type { RegisteredAggregate } from '../features/feature-registration.js';

/** Creates the repositories of the registered aggregate roots, by class. */
export function createRepositories(
  aggregates: readonly RegisteredAggregate[],
  store: AggregateStore,
): ReadonlyMap<Type, AggregateRepository> {
  const nestedCalls = new NestedCallGuard();
  const roots = aggregates.filter(({ kind }) => kind === 'root');
  return new Map(
    roots.map((root) => [root.type, new AggregateRepository(definitionOf(root), store, nestedCalls)]),
  );
}

function definitionOf({ name, type, create, idOf, maxLive }: RegisteredAggregate) {
  const Root = type as Type<AggregateRootLike>;
  return {
    type: name,
    create: (create ?? ((id: string) => new Root(id))) as (id: string) => AggregateRootLike,
    idOf: idOf ?? ((aggregate: object) => (aggregate as { id?: unknown }).id),
    maxLive,
  };
}
