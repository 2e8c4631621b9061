import {
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import { ReplicationStreamError } from '../index.js';
import type { StreamNames } from './stream-names.js';

const STREAM_NOT_FOUND = 10059;
const NAME_IN_USE = 10058;

/** What the rules of replication need: every message stays where it is, and a read sees the own writes. */
function requiredConfiguration(
  { stream, allSubjects }: StreamNames,
  replicas: number,
): Partial<StreamConfig> {
  return {
    name: stream,
    subjects: [allSubjects],
    num_replicas: replicas,
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    max_msgs: -1,
    max_msgs_per_subject: -1,
    max_bytes: -1,
    max_age: 0,
    deny_delete: true,
    deny_purge: false,
    allow_rollup_hdrs: false,
    allow_direct: false,
    mirror_direct: false,
    no_ack: false,
    sealed: false,
  };
}

/**
 * Creates the stream, or checks the one that is there: an operator may have changed it since.
 * @throws (rejects) ReplicationStreamError (`JOURNAL_REPLICATION_STREAM`)
 */
export async function ensureStream(
  manager: JetStreamManager,
  names: StreamNames,
  replicas: number,
): Promise<void> {
  const required = requiredConfiguration(names, replicas);
  let present = await configurationOf(manager, names.stream);
  if (present === null) {
    try {
      await manager.streams.add({
        ...required,
        name: names.stream,
        metadata: { 'nestjs-file-journal': '1' },
      });
      return;
    } catch (error) {
      // Another node has just created it.
      if (!(error instanceof JetStreamApiError) || error.code !== NAME_IN_USE) throw error;
      present = await configurationOf(manager, names.stream);
    }
  }
  for (const [name, value] of Object.entries(required)) {
    const found = (present as Readonly<Record<string, unknown>> | null)?.[name];
    if (JSON.stringify(found ?? neutral(value)) === JSON.stringify(value)) continue;
    const reason = `its ${name} is ${JSON.stringify(found)}, and must be ${JSON.stringify(value)}`;
    throw new ReplicationStreamError(names.stream, reason);
  }
}

/** The server leaves out what is false or zero. */
function neutral(value: unknown): unknown {
  return typeof value === 'boolean' ? false : 0;
}

async function configurationOf(manager: JetStreamManager, stream: string): Promise<StreamConfig | null> {
  try {
    return (await manager.streams.info(stream)).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return null;
    throw error;
  }
}
