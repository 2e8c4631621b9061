import 'reflect-metadata';
import { Injectable, type InjectionToken, type Type } from '@nestjs/common';
import type { ProjectionKind } from './projection.interface.js';

/** What happens when a handler, or storing a checkpoint, fails. */
export interface ProjectionRetryOptions {
  /** Tries after the first failure; then the projection is `failed` until it is resumed. @default 10 */
  readonly maxRetries?: number;
  /** The first delay; each further one is twice as long. @default 100 */
  readonly initialDelayMs?: number;
  /** The longest delay. @default 30_000 */
  readonly maxDelayMs?: number;
}

/**
 * Options of `@Projection()` and `@ProcessManager()`.
 * @publicApi
 */
export interface ProjectionOptions {
  /**
   * Former names: while there is no checkpoint under its name, the projection continues from the checkpoint
   * under one of these. Entries that it handles again after the rename have idempotency keys that begin with
   * the new name.
   * @default none
   */
  readonly aliases?: readonly string[];
  /** The journal it follows. @default the default journal */
  readonly journal?: string;
  /**
   * Where to begin when it is registered for the first time. A projection handles the journal from there. A process manager takes
   * everything before for history: with 'beginning' it sends commands for old events, too.
   * @default 'beginning' for projections, 'end' for process managers
   */
  readonly startFrom?: 'beginning' | 'end';
  /** Provider of a CheckpointStore. @default that of the module: files beside the journal */
  readonly checkpointStore?: InjectionToken;
  /** Entries of one batch, and of one transaction, 1 … 1,000,000. @default 256 */
  readonly batchSize?: number;
  /** How long a batch waits for more entries before it is handled incomplete. @default 0 */
  readonly batchWaitMs?: number;
  /**
   * At most so often a checkpoint is stored that is not a part of a transaction; what was handled since is handled again after a
   * crash. With 0 after every batch. A process manager stores one after every entry for which it sent commands, too.
   * @default 1_000, 0 for process managers
   */
  readonly checkpointIntervalMs?: number;
  /** @default that of the module */
  readonly retry?: ProjectionRetryOptions;
}

/** An event by its stored name, or by the class its data is rehydrated as. */
export type JournaledEvent = string | Type;

export interface ProjectionMetadata {
  readonly kind: ProjectionKind;
  readonly name: string;
  readonly options: ProjectionOptions;
}

const PROJECTION_KEY = 'nestjs-file-journal:projection';
const EVENTS_KEY = 'nestjs-file-journal:projection-events';
const REPLAY_SAFE_KEY = 'nestjs-file-journal:replay-safe';

/**
 * A read model that follows a journal: first what is there, then what comes. Each entry is handled at least once, with a
 * transactional checkpoint store exactly once.
 *
 * @param name stable: the checkpoint is stored under it
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
 * Sends commands because of events. Its handlers return them; they are sent, one after the other, for new entries only. History,
 * all that was in the journal when it was registered first, reaches only handlers with `@ReplaySafe()`, and what those
 * return is not sent.
 *
 * @param name stable: the boundary between history and what is new is stored under it
 * @publicApi
 */
export function ProcessManager(name: string, options: ProjectionOptions = {}): ClassDecorator {
  return decorate({ kind: 'process-manager', name, options });
}

/**
 * The method handles single events: `(data, context: JournaledContext)`.
 * @param events stored names (`OrderPlaced`), or classes that are registered with the journal
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
 * A handler of a process manager (or all of them) that may see history: `context.isReplaying` is true then. For handlers that only
 * keep what later decisions need.
 * @publicApi
 */
export function ReplaySafe(): ClassDecorator & MethodDecorator {
  return (target: object, method?: string | symbol) => {
    if (method === undefined) Reflect.defineMetadata(REPLAY_SAFE_KEY, true, target);
    else Reflect.defineMetadata(REPLAY_SAFE_KEY, true, target, method);
  };
}

/** Undefined for a class that is none. */
export function getProjectionMetadata(type: unknown): ProjectionMetadata | undefined {
  if (typeof type !== 'function') return undefined;
  return Reflect.getOwnMetadata(PROJECTION_KEY, type) as ProjectionMetadata | undefined;
}

/** The methods with `@OnJournaled()`, in the order of the class. */
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
