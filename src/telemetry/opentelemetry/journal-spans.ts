import type { Attributes, Link, Span, Tracer } from '@opentelemetry/api';
import { isError, messageOf } from '../../journal/index.js';
import {
  listenToTelemetry,
  type GroupStoredMessage,
  type ObservedJournals,
  type ReplayMessage,
  type SubmitMessage,
} from '../index.js';
import { codeOf, nameLookup } from '../metrics/index.js';
import { JOURNAL_ATTRIBUTE } from './metric-instruments.js';
import type { ResolvedSpans } from './opentelemetry-options.js';

/** The number of links per span that SDKs keep by default. */
const MAX_LINKS = 128;
/** `SpanStatusCode.ERROR` of the API, which is loaded only if it is used. */
const STATUS_ERROR = 2;

type NameOf = (journal: object) => string | null;

/**
 * Creates spans for observed journals.
 * @returns a function that stops the recording
 */
export function traceJournals(tracer: Tracer, journals: ObservedJournals, spans: ResolvedSpans): () => void {
  const nameOf = nameLookup(journals);
  const submits = new SubmitSpans(tracer, nameOf);
  return listenToTelemetry({
    ...(spans.submit
      ? {
          submitStart: (message) => submits.start(message),
          submitEnd: (message) => submits.end(message),
        }
      : {}),
    ...(spans.groups ? { groupStored: (message) => traceGroup(tracer, nameOf, message, submits) } : {}),
    ...(spans.replay ? { replay: (message) => traceReplay(tracer, nameOf, message) } : {}),
  });
}

/**
 * The span of a submit. It begins in the caller's turn, so the caller's active span is its parent, and ends
 * with the answer.
 */
class SubmitSpans {
  /** In the order of submission, which is the order of sequences. Bounded by the limits of the Sequencer. */
  private readonly running = new Map<SubmitMessage, Span>();

  constructor(
    private readonly tracer: Tracer,
    private readonly nameOf: NameOf,
  ) {}

  start(message: SubmitMessage): void {
    const name = this.nameOf(message.journal);
    if (name === null) return;
    this.running.set(
      message,
      this.tracer.startSpan('journal submit', { attributes: { [JOURNAL_ATTRIBUTE]: name } }),
    );
  }

  end(message: SubmitMessage): void {
    const span = this.running.get(message);
    if (span === undefined) return;
    this.running.delete(message);
    const { sequenceNum, error } = message;
    if (sequenceNum !== null) span.setAttribute('nestjs_file_journal.sequence', sequenceNum.toString());
    if (error !== null) fail(span, error);
    span.end();
  }

  /** Links to the submits whose events are in the group. */
  linksTo(journal: object, first: bigint, last: bigint): Link[] {
    const links: Link[] = [];
    for (const [message, span] of this.running) {
      const { sequenceNum } = message;
      if (message.journal !== journal) continue;
      if (sequenceNum === null || sequenceNum > last) break;
      if (sequenceNum < first) continue;
      links.push({ context: span.spanContext() });
      if (links.length === MAX_LINKS) break;
    }
    return links;
  }
}

/** The span of a group. It has links to its submits, because it belongs to no single one. */
function traceGroup(tracer: Tracer, nameOf: NameOf, message: GroupStoredMessage, submits: SubmitSpans): void {
  const { journal, durationMs, entries, sizeBytes, firstSequence, lastSequence, durability, rotated } =
    message;
  const name = nameOf(journal);
  if (name === null) return;
  const endTime = Date.now();
  const attributes: Attributes = {
    [JOURNAL_ATTRIBUTE]: name,
    'nestjs_file_journal.entries': entries,
    'nestjs_file_journal.size': sizeBytes,
    'nestjs_file_journal.first_sequence': firstSequence.toString(),
    'nestjs_file_journal.last_sequence': lastSequence.toString(),
    'nestjs_file_journal.durability': durability,
    'nestjs_file_journal.rotated': rotated,
  };
  const links = submits.linksTo(journal, firstSequence, lastSequence);
  tracer
    .startSpan('journal store group', { attributes, links, root: true, startTime: endTime - durationMs })
    .end(endTime);
}

/** The span of a replay, created at its end for the time it took. */
function traceReplay(tracer: Tracer, nameOf: NameOf, { journal, progress }: ReplayMessage): void {
  const { phase, elapsedMs, replayed, targets } = progress;
  const name = nameOf(journal);
  if (phase === 'running' || name === null) return;
  const endTime = Date.now();
  const attributes: Attributes = {
    [JOURNAL_ATTRIBUTE]: name,
    'nestjs_file_journal.entries': replayed,
    'nestjs_file_journal.targets': [...targets],
  };
  const span = tracer.startSpan('journal replay', { attributes, startTime: endTime - elapsedMs });
  if (phase === 'failed') span.setStatus({ code: STATUS_ERROR });
  span.end(endTime);
}

function fail(span: Span, error: unknown): void {
  const message = messageOf(error);
  span.setAttribute('error.type', codeOf(error) === 'OTHER' && isError(error) ? error.name : codeOf(error));
  span.setStatus({ code: STATUS_ERROR, message });
}
