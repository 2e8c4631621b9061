import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { messageOf } from '../journal/index.js';
import type {
  AppendSettledMessage,
  ArchivedMessage,
  ClosedMessage,
  GroupStoredMessage,
  OpenedMessage,
  PoisonedMessage,
  ReplayMessage,
  RotatedMessage,
  SubmitMessage,
  SyncedMessage,
} from './messages.js';

/**
 * Names of the `node:diagnostics_channel` channels on which journals tell what they do, and the message of
 * each. Names are process-wide: a subscriber hears the journals of every copy of this package. Without a
 * subscriber nothing is measured and no message is made.
 *
 * | channel | message | told | | --- | --- | --- | | `nestjs-file-journal:opened` | OpenedMessage | after
 * recovery | | `nestjs-file-journal:group.stored` | GroupStoredMessage | when a group is acknowledged | |
 * `nestjs-file-journal:synced` | SyncedMessage | after each sync of entries | |
 * `nestjs-file-journal:append.settled` | AppendSettledMessage | for every call of `append`, `appendBatch` | |
 * `nestjs-file-journal:rotated` | RotatedMessage | when a new segment is in place | |
 * `nestjs-file-journal:archived` | ArchivedMessage | when segments were archived | |
 * `nestjs-file-journal:poisoned` | PoisonedMessage | once | | `nestjs-file-journal:closed` | ClosedMessage |
 * when files are closed and the lock is free | | `nestjs-file-journal:replay` | ReplayMessage | at start,
 * every `progressIntervalMs`, and at the end of a replay | | `nestjs-file-journal:submit.start` |
 * SubmitMessage | in the call of `submit` | | `nestjs-file-journal:submit.end` | SubmitMessage | when
 * `submit` answers |
 *
 * A subscriber is called in the turn of what it is told about: it must be quick.
 * @publicApi
 */
export const TELEMETRY_CHANNELS = {
  opened: 'nestjs-file-journal:opened',
  groupStored: 'nestjs-file-journal:group.stored',
  synced: 'nestjs-file-journal:synced',
  appendSettled: 'nestjs-file-journal:append.settled',
  rotated: 'nestjs-file-journal:rotated',
  archived: 'nestjs-file-journal:archived',
  poisoned: 'nestjs-file-journal:poisoned',
  closed: 'nestjs-file-journal:closed',
  replay: 'nestjs-file-journal:replay',
  submitStart: 'nestjs-file-journal:submit.start',
  submitEnd: 'nestjs-file-journal:submit.end',
} as const;

/**
 * The message of each channel.
 * @publicApi
 */
export interface TelemetryMessages {
  /** A journal was opened. */
  opened: OpenedMessage;
  /** A group of entries was written. */
  groupStored: GroupStoredMessage;
  /** Written entries were made durable. */
  synced: SyncedMessage;
  /** A call of `append` or `appendBatch` was answered. */
  appendSettled: AppendSettledMessage;
  /** A journal began a new segment. */
  rotated: RotatedMessage;
  /** Segments were archived. */
  archived: ArchivedMessage;
  /** A journal failed and accepts no more events. */
  poisoned: PoisonedMessage;
  /** A journal was closed. */
  closed: ClosedMessage;
  /** A replay began, went on or ended. */
  replay: ReplayMessage;
  /** A command was submitted. */
  submitStart: SubmitMessage;
  /** A submitted command was answered. */
  submitEnd: SubmitMessage;
}

/**
 * Short name of a channel, as `TELEMETRY_CHANNELS` and `listenToTelemetry` use it.
 * @publicApi
 */
export type TelemetryEvent = keyof TelemetryMessages;

/**
 * What `listenToTelemetry` takes: a function for each channel that is listened to.
 * @publicApi
 */
export type TelemetryListeners = {
  readonly [E in TelemetryEvent]?: (message: TelemetryMessages[E]) => void;
};

/** The publishing side of a channel. */
export interface TelemetryChannel<M> {
  /** A plain property: ask it before a clock is read or a message is made. */
  readonly hasSubscribers: boolean;
  publish(message: M): void;
}

/** For the rooms that tell. */
export const telemetry: { readonly [E in TelemetryEvent]: TelemetryChannel<TelemetryMessages[E]> } = {
  opened: channel(TELEMETRY_CHANNELS.opened),
  groupStored: channel(TELEMETRY_CHANNELS.groupStored),
  synced: channel(TELEMETRY_CHANNELS.synced),
  appendSettled: channel(TELEMETRY_CHANNELS.appendSettled),
  rotated: channel(TELEMETRY_CHANNELS.rotated),
  archived: channel(TELEMETRY_CHANNELS.archived),
  poisoned: channel(TELEMETRY_CHANNELS.poisoned),
  closed: channel(TELEMETRY_CHANNELS.closed),
  replay: channel(TELEMETRY_CHANNELS.replay),
  submitStart: channel(TELEMETRY_CHANNELS.submitStart),
  submitEnd: channel(TELEMETRY_CHANNELS.submitEnd),
};

/**
 * Listens to what journals tell. A listener that throws is reported as a process warning, and disturbs
 * nobody.
 * @returns a function that ends it
 * @publicApi
 */
export function listenToTelemetry(listeners: TelemetryListeners): () => void {
  const ends: (() => void)[] = [];
  for (const [event, listener] of Object.entries(listeners)) {
    if (listener === undefined) continue;
    const name = TELEMETRY_CHANNELS[event as TelemetryEvent];
    const guarded = (message: unknown): void => {
      try {
        (listener as (message: unknown) => void)(message);
      } catch (error) {
        process.emitWarning(`a listener of ${name} failed: ${messageOf(error)}`, 'TelemetryWarning');
      }
    };
    subscribe(name, guarded);
    ends.push(() => void unsubscribe(name, guarded));
  }
  return () => {
    for (const end of ends.splice(0)) end();
  };
}
