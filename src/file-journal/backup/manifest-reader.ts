/** Reads a manifest that anybody may have written: every value is checked before it is used. */
import { messageOf, U64_MAX } from '../../journal/index.js';
import { ARCHIVE_FORMS } from '../format/archive-name.js';
import { CorruptBackupError } from './backup.errors.js';
import { checksumOf, MANIFEST_FORMAT } from './manifest.js';
import type { BackupManifest, EntryMark, ManifestCompanion, ManifestSegment } from './manifest.js';

const MAX_CRC = 2 ** 32 - 1;
const MAX_NAME_LENGTH = 240;
const SHA256 = /^[0-9a-f]{64}$/;
/** As the stores name their files: percent-encoded, so without a separator. */
const COMPANION_NAME = /^(?:snapshot|projection)-[A-Za-z0-9%!'()*._~-]+\.(?:snap|checkpoint)$/;
const DECIMAL = /^(?:0|[1-9]\d{0,19})$/;

/** @throws CorruptBackupError (`JOURNAL_CORRUPT_BACKUP`) */
export function readManifest(text: string, path: string): BackupManifest {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new CorruptBackupError(path, `it is not JSON: ${messageOf(cause)}`, { cause });
  }
  const document = new Checked(parsed, path, 'the manifest');
  const format = document.integer('format');
  if (format !== MANIFEST_FORMAT)
    throw new CorruptBackupError(path, `this version does not know format ${format}`);
  const { checksum, ...body } = parsed as Record<string, unknown>;
  if (checksum !== checksumOrNull(body)) throw new CorruptBackupError(path, 'its checksum does not match');
  const manifest: BackupManifest = {
    generation: document.integer('generation', 1),
    createdAt: document.text('createdAt'),
    madeBy: document.text('madeBy'),
    origin: document.choice('origin', ['file-journal', 'orderbook-rs'] as const),
    rule: document.choice('rule', ['checkpoint', 'intact'] as const),
    segments: document.list('segments').map(readSegment),
    companions: document.list('companions').map(readCompanion),
  };
  assertInOrder(manifest, path);
  return manifest;
}

/** Null for values that are nested so deep that they cannot be written: this program wrote none. */
function checksumOrNull(body: object): string | null {
  try {
    return checksumOf(body);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function readSegment(value: Checked): ManifestSegment {
  const segment = {
    startSequence: value.u64('startSequence'),
    generation: value.integer('generation', 1),
    role: value.choice('role', ['live', 'archived'] as const),
    form: value.choice('form', ARCHIVE_FORMS),
    sizeBytes: value.integer('sizeBytes'),
    dataBytes: value.integer('dataBytes'),
    sha256: value.text('sha256', SHA256),
    segmentBytes: value.integer('segmentBytes'),
    first: readMark(value.optional('first')),
    last: readMark(value.optional('last')),
  };
  const { form, sizeBytes, dataBytes, segmentBytes, first, last } = segment;
  const isPossible =
    (first === null) === (last === null) &&
    (first === null || last === null || first.sequence <= last.sequence) &&
    (segment.role === 'archived' || form === 'plain') &&
    (form === 'plain' ? dataBytes <= sizeBytes && segmentBytes === sizeBytes : dataBytes === sizeBytes);
  if (!isPossible) value.refuse('contradicts itself');
  return segment;
}

function readMark(value: Checked | null): EntryMark | null {
  if (value === null) return null;
  return {
    sequence: value.u64('sequence'),
    timestampNs: value.u64('timestampNs'),
    crc: value.integer('crc', 0, MAX_CRC),
  };
}

function readCompanion(value: Checked): ManifestCompanion {
  const kind = value.choice('kind', ['snapshot', 'checkpoint'] as const);
  const name = value.text('name', COMPANION_NAME);
  if (name.length > MAX_NAME_LENGTH) value.refuse('has a name that is too long');
  return {
    kind,
    name,
    generation: value.integer('generation', 1),
    sizeBytes: value.integer('sizeBytes'),
    sha256: value.text('sha256', SHA256),
    sequence: value.optionalU64('sequence'),
  };
}

/** Refuses gaps, overlaps, duplicates, and a last segment that no writer could continue. */
function assertInOrder({ generation, segments, companions }: BackupManifest, path: string): void {
  const refuse = (reason: string): never => {
    throw new CorruptBackupError(path, reason);
  };
  if (segments.length === 0) refuse('it lists no segment');
  if ([...segments, ...companions].some((file) => file.generation > generation))
    refuse('it lists a file of a later run');
  let previous: ManifestSegment | null = null;
  for (const segment of segments) {
    const { startSequence, first } = segment;
    if (startSequence !== 0n && first?.sequence !== startSequence)
      refuse(`segment ${startSequence} does not begin with its first entry`);
    if (previous !== null) {
      const { last } = previous;
      if (last === null || first === null || last.sequence + 1n !== first.sequence || startSequence === 0n)
        refuse(`segment ${startSequence} does not continue the one before it`);
      if (previous.role === 'live' && segment.role === 'archived')
        refuse(`segment ${startSequence} is archived, and the one before it is not`);
    }
    previous = segment;
  }
  if (previous?.form !== 'plain') refuse('its last segment is compressed');
  const names = new Set(companions.map(({ name }) => name.toLowerCase()));
  if (names.size !== companions.length) refuse('it lists a file twice');
}

/** A value of the document, whose members are checked when they are read. */
class Checked {
  private readonly members: Readonly<Record<string, unknown>>;

  constructor(
    value: unknown,
    private readonly path: string,
    private readonly what: string,
  ) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.members = {};
      this.refuse('is not an object');
    }
    this.members = value as Record<string, unknown>;
  }

  integer(name: string, least = 0, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.members[name];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
      return value;
    return this.refuse(`has no ${name}, or a wrong one`);
  }

  u64(name: string): bigint {
    const value = this.text(name, DECIMAL);
    const number = BigInt(value);
    return number <= U64_MAX ? number : this.refuse(`has no ${name}, or a wrong one`);
  }

  optionalU64(name: string): bigint | null {
    return this.members[name] === null ? null : this.u64(name);
  }

  text(name: string, pattern = /^/): string {
    const value = this.members[name];
    if (typeof value === 'string' && pattern.test(value)) return value;
    return this.refuse(`has no ${name}, or a wrong one`);
  }

  choice<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.members[name];
    const found = choices.find((choice) => choice === value);
    return found ?? this.refuse(`has no ${name}, or a wrong one`);
  }

  optional(name: string): Checked | null {
    const value = this.members[name];
    return value === null ? null : new Checked(value, this.path, `${this.what}: ${name}`);
  }

  list(name: string): Checked[] {
    const value = this.members[name];
    if (!Array.isArray(value)) return this.refuse(`has no ${name}, or a wrong one`);
    return value.map((one, index) => new Checked(one, this.path, `${name}[${index}]`));
  }

  refuse(reason: string): never {
    throw new CorruptBackupError(this.path, `${this.what} ${reason}`);
  }
}
