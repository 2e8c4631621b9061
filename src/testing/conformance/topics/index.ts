import type { Topic } from '../topic.js';
import { appendTopic } from './append.js';
import { archiveTopic } from './archive.js';
import { argumentsTopic } from './arguments.js';
import { batchTopic } from './batch.js';
import { concurrencyTopic } from './concurrency.js';
import { damageTopic } from './damage.js';
import { entriesTopic } from './entries.js';
import { integrityTopic } from './integrity.js';
import { lifecycleTopic } from './lifecycle.js';
import { payloadsTopic } from './payloads.js';
import { persistenceTopic } from './persistence.js';
import { poisonTopic } from './poison.js';
import { readAsyncTopic } from './read-async.js';
import { readTopic } from './read.js';
import { subscribeTopic } from './subscribe.js';
import { undecodableTopic } from './undecodable.js';
import { unserialisableTopic } from './unserialisable.js';
import { visibilityTopic } from './visibility.js';

/** In the order of their dependencies: a topic relies on those before it. */
export const topics: readonly Topic[] = [
  argumentsTopic,
  appendTopic,
  unserialisableTopic,
  batchTopic,
  visibilityTopic,
  readTopic,
  readAsyncTopic,
  subscribeTopic,
  entriesTopic,
  payloadsTopic,
  damageTopic,
  undecodableTopic,
  archiveTopic,
  integrityTopic,
  lifecycleTopic,
  poisonTopic,
  concurrencyTopic,
  persistenceTopic,
];
