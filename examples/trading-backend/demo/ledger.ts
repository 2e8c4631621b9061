import type { FlowRequest } from './order-flow.js';

/** A promise of the backend: a command with its sequence, its time and its result. */
export interface Acknowledged {
  readonly request: FlowRequest;
  readonly timestampNs: string;
  readonly result: unknown;
  readonly isRejection: boolean;
}

/** The record of the clients: every answer, and every request without an answer. */
export class Ledger {
  /** By sequence. */
  readonly acknowledged = new Map<string, Acknowledged>();
  /** Requests whose answers were lost in a kill. */
  readonly unanswered: FlowRequest[] = [];
  /** The number of invalid requests that were answered with 400. */
  refused = 0;
  /** Answers that a correct backend never gives. */
  readonly complaints: string[] = [];

  get answers(): number {
    return this.acknowledged.size + this.refused;
  }

  get rejections(): number {
    let count = 0;
    for (const { isRejection } of this.acknowledged.values()) if (isRejection) count += 1;
    return count;
  }

  noteAnswer(request: FlowRequest, status: number, answer: Record<string, unknown>): void {
    const { sequence, timestampNs, result } = answer;
    if (request.command === null && status === 400 && sequence === undefined) {
      this.refused += 1;
      return;
    }
    const isAcknowledged = typeof sequence === 'string' && typeof timestampNs === 'string';
    if (!isAcknowledged || request.command === null) {
      this.complaints.push(`${describe(request)} was answered with ${status} ${JSON.stringify(answer)}`);
      return;
    }
    if (this.acknowledged.has(sequence))
      this.complaints.push(`sequence ${sequence} was given to two clients`);
    this.acknowledged.set(sequence, { request, timestampNs, result, isRejection: status >= 400 });
  }

  noteUnanswered(request: FlowRequest): void {
    this.unanswered.push(request);
  }

  /** Acknowledged commands by name, most frequent first. */
  commands(): [string, number][] {
    const counts = new Map<string, number>();
    for (const { request } of this.acknowledged.values()) {
      const name = request.command ?? '';
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return [...counts].sort(([, a], [, b]) => b - a);
  }
}

export function describe({ method, path, body }: FlowRequest): string {
  return `${method} ${path}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`;
}
