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
 * Names of the `node:diagnostics_channel` channels on which journals publish messages. Names are
 * process-wide: a subscriber receives the messages of every copy of this package. Without a subscriber,
 * nothing is measured and no message is created.
 *
 * | channel | message | published |
 * | --- | --- | --- |
 * | `nestjs-file-journal:opened` | OpenedMessage | after recovery |
 * | `nestjs-file-journal:group.stored` | GroupStoredMessage | when a group is acknowledged |
 * | `nestjs-file-journal:synced` | SyncedMessage | after each sync of entries |
 * | `nestjs-file-journal:append.settled` | AppendSettledMessage | for every call of `append`, `appendBatch` |
 * | `nestjs-file-journal:rotated` | RotatedMessage | when a new segment is in place |
 * | `nestjs-file-journal:archived` | ArchivedMessage | when segments were archived |
 * | `nestjs-file-journal:poisoned` | PoisonedMessage | once |
 * | `nestjs-file-journal:closed` | ClosedMessage | when files are closed and the lock is free |
 * | `nestjs-file-journal:replay` | ReplayMessage | at the start, during and at the end of a replay |
 * | `nestjs-file-journal:submit.start` | SubmitMessage | in the call of `submit` |
 * | `nestjs-file-journal:submit.end` | SubmitMessage | when `submit` answers |
 *
 * A subscriber runs in the same turn as the event and must be quick.
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
  /** A replay began, progressed or ended. */
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

/** Listeners of `listenToTelemetry`: one function for each channel of interest. @publicApi */
export type TelemetryListeners = {
  readonly [E in TelemetryEvent]?: (message: TelemetryMessages[E]) => void;
};

/** The publishing side of a channel. */
export interface TelemetryChannel<M> {
  /** Whether the channel has subscribers. Read it before measuring time or creating a message. */
  readonly hasSubscribers: boolean;
  publish(message: M): void;
}

/** The channels, for the modules that publish on them. */
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
 * Subscribes to the messages of journals. A listener that throws is reported as a process warning and affects
 * nothing else.
 * @returns a function that unsubscribes
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
