import 'reflect-metadata';
import { Injectable, type Type } from '@nestjs/common';
import type { ProjectionKind } from './projection.interface.js';
import type { ProjectionOptions } from './projection-options.js';

/** An event: its stored name, or the class of its data. */
export type JournaledEvent = string | Type;

/** Metadata that a decorator stores for its class. */
export interface ProjectionMetadata {
  readonly kind: ProjectionKind;
  readonly name: string;
  readonly options: ProjectionOptions;
}

const PROJECTION_KEY = 'nestjs-file-journal:projection';
const EVENTS_KEY = 'nestjs-file-journal:projection-events';
const REPLAY_SAFE_KEY = 'nestjs-file-journal:replay-safe';

/**
 * Makes a class a projection: a read model that follows a journal, from the stored entries to the new ones.
 * It handles each entry at least once; with a transactional checkpoint store, exactly once.
 *
 * @param name stable name: the checkpoint is stored under it
 * @example
 * \@Projection('balances')
 * export class Balances {
 *   \@OnJournaled('Deposited')
 *   deposited(data: { account: string; cents: number }) { … }
 * }
 * @publicApi
 */
export function Projection(name: string, options: ProjectionOptions = {}): ClassDecorator {
  return decorate({ kind: 'projection', name, options });
}

/**
 * Makes a class a process manager, which sends commands in response to events. Its handlers return the
 * commands. They are sent one after another, for new entries only. History is every entry in the journal when
 * the class was first registered. Only handlers with `@ReplaySafe()` get history, and commands that they
 * return for it are not sent.
 *
 * @param name stable name: the boundary between history and new entries is stored under it
 * @publicApi
 */
export function ProcessManager(name: string, options: ProjectionOptions = {}): ClassDecorator {
  return decorate({ kind: 'process-manager', name, options });
}

/**
 * Makes a method the handler of single events: `(data, context: JournaledContext)`.
 * @param events stored names (`OrderPlaced`), or event classes that are registered with the journal
 * @publicApi
 */
export function OnJournaled(...events: [JournaledEvent, ...JournaledEvent[]]): MethodDecorator {
  return (target, method) => {
    const known = eventsOf(target);
    Reflect.defineMetadata(
      EVENTS_KEY,
      new Map([...known, [method, [...(known.get(method) ?? []), ...events]]]),
      target,
    );
  };
}

/**
 * Passes history to a handler of a process manager, or to all of its handlers, with `context.isReplaying`.
 * Use it for handlers that only collect data for later decisions.
 * @publicApi
 */
export function ReplaySafe(): ClassDecorator & MethodDecorator {
  return (target: object, method?: string | symbol) => {
    if (method === undefined) Reflect.defineMetadata(REPLAY_SAFE_KEY, true, target);
    else Reflect.defineMetadata(REPLAY_SAFE_KEY, true, target, method);
  };
}

/** Metadata of a projection or process manager; undefined for other classes. */
export function getProjectionMetadata(type: unknown): ProjectionMetadata | undefined {
  if (typeof type !== 'function') return undefined;
  return Reflect.getOwnMetadata(PROJECTION_KEY, type) as ProjectionMetadata | undefined;
}

/** The methods with `@OnJournaled()`, in declaration order. */
export function eventsOf(prototype: object): ReadonlyMap<string | symbol, readonly JournaledEvent[]> {
  const found: unknown = Reflect.getMetadata(EVENTS_KEY, prototype);
  return found instanceof Map ? (found as Map<string | symbol, readonly JournaledEvent[]>) : new Map();
}

export function isReplaySafe(type: Type, method: string | symbol): boolean {
  return (
    Reflect.getMetadata(REPLAY_SAFE_KEY, type) === true ||
    Reflect.getMetadata(REPLAY_SAFE_KEY, type.prototype as object, method) === true
  );
}

function decorate(metadata: ProjectionMetadata): ClassDecorator {
  return (target) => {
    Injectable()(target);
    Reflect.defineMetadata(PROJECTION_KEY, metadata, target);
  };
}
