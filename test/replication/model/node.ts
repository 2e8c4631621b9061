import { BEGINNING, Trail, isUnchanged, readAfter, type Place, type Read } from './reader.js';
import type { Rules } from './rules.js';
import type { Answer, Barrier, Data, Epoch, Fence, Message, Publish, Stream } from './stream.js';

/** What a node does to the world around it. */
export interface Surroundings {
  readonly stream: Stream;
  readonly rules: Rules;
  send(publish: Publish): void;
  nextNonce(): number;
  /** The highest sequence that any node has registered as durable. */
  highestRegistered(): number;
  register(node: number, sequence: number | null): void;
  /** A node published a fence, after it read the registrations. */
  onFence(node: number): void;
  onLead(node: number): void;
  onAcknowledged(node: number, sequence: number, entry: number): void;
  onNotWritten(entry: number): void;
  onUnknown(entry: number): void;
  onAnswered(node: ModelNode, query: Query): void;
}

/** A linearizable query. */
export interface Query {
  /** The last acknowledged sequence when the query arrived. */
  readonly acknowledged: number;
}

/** A message in the pipeline of a leader. */
interface Item {
  readonly message: Data | Barrier;
  readonly predicted: number;
  readonly queries: Query[];
  isAnswered: boolean;
}

/** What a leader knows about its term. */
interface Term {
  readonly epoch: Epoch;
  readonly pipeline: Item[];
  /** Confirmed messages that the leader has not read in its own stream yet, in order. */
  readonly unread: { readonly position: number; readonly message: Message }[];
  /** The last confirmed message, and what was counted up to it. */
  confirmed: Place;
  nextPosition: number;
  nextSequence: number;
}

/** An attempt to lead, by a standby or by a leader in doubt. */
interface Candidacy {
  readonly pending: readonly Data[];
  registered: number;
  fence: Fence | null;
  fencePosition: number | null;
  refusals: number;
  hasForeignFence: boolean;
  hasRegressed: boolean;
}

const FREE_FENCE_AFTER = 3;

/** One node: an application with its journal, in the state that the protocol asks of it. */
export class ModelNode {
  isAlive = true;
  incarnation = 0;
  /** Set when the disk differs from the counted stream; an operator must act. */
  hasDiverged = false;
  /** Set when a candidacy ended below a registered sequence. */
  refusedLostTail = false;
  /** The entries that are durable here, by sequence - 1. Survives a crash, as does `resume`. */
  readonly disk: number[] = [];
  #resume: Place = BEGINNING;
  readonly #trail = new Trail();
  #term: Term | null = null;
  #candidacy: Candidacy | null = null;

  constructor(
    readonly id: number,
    private readonly world: Surroundings,
  ) {}

  get isLeader(): boolean {
    return this.#term !== null;
  }

  get isCandidate(): boolean {
    return this.#candidacy !== null;
  }

  get isStandby(): boolean {
    return this.isAlive && !this.isLeader && !this.isCandidate;
  }

  get pipelineLength(): number {
    return this.#term?.pipeline.length ?? 0;
  }

  get isBusy(): boolean {
    return this.pipelineLength > 0 || this.#candidacy !== null;
  }

  get hasReadAll(): boolean {
    return this.#place.position === this.world.stream.end && isUnchanged(this.world.stream, this.#place);
  }

  /** Sequence of the last entry that counted in what this node has read. */
  get countedEnd(): number {
    return this.#place.end;
  }

  // --- a leader's work

  submit(entries: readonly number[]): void {
    const term = this.#term;
    if (term === null) return;
    for (const entry of entries) this.#pending.add(entry);
    const { epoch, nextSequence: first } = term;
    term.nextSequence += entries.length;
    this.#publish(term, { kind: 'data', epoch, first, entries }, []);
  }

  query(query: Query): void {
    const term = this.#term;
    if (term === null) return;
    const open = term.pipeline.find(({ message }) => message.kind === 'barrier');
    if (!this.world.rules.barrierPerQuery && open !== undefined) open.queries.push(query);
    else this.#publish(term, { kind: 'barrier', epoch: term.epoch }, [query]);
  }

  #publish(term: Term, message: Data | Barrier, queries: Query[]): void {
    const predicted = term.nextPosition;
    term.nextPosition += 1;
    term.pipeline.push({ message, predicted, queries, isAnswered: false });
    this.#send(message, this.world.rules.expectsPosition ? predicted - 1 : null);
  }

  #send(message: Message, expected: number | null): void {
    this.world.send({ message, expected, node: this.id, incarnation: this.incarnation });
  }

  receive({ publish, position }: Answer): void {
    if (!this.isAlive || publish.incarnation !== this.incarnation) return;
    if (this.#candidacy?.fence === publish.message) this.#onFenceAnswer(this.#candidacy, position);
    const item = this.#term?.pipeline.find(({ message }) => message === publish.message);
    if (this.#term !== null && item !== undefined) this.#onAnswer(this.#term, item, position);
  }

  #onAnswer(term: Term, item: Item, position: number | null): void {
    const { rules } = this.world;
    if (position === null && !rules.readsBeforeNotWritten && this.#seesForeignFence(term)) {
      this.#term = null;
      for (const { message } of term.pipeline) this.#settle(message, 'not-written');
    } else if (position === null || (rules.checksPosition && position !== item.predicted)) {
      this.doubt();
    } else {
      item.isAnswered = true;
      if (!rules.confirmsInOrder && item.message.kind === 'data') this.#acknowledge(item.message);
      while (this.#term === term && term.pipeline[0]?.isAnswered === true) this.#confirm(term);
    }
  }

  #seesForeignFence({ epoch }: Term): boolean {
    const { stream } = this.world;
    for (let position = epoch.position + 1; position <= stream.end; position += 1) {
      const message = stream.at(position);
      if (message?.kind === 'fence' && message.node !== this.id) return true;
    }
    return false;
  }

  /** A quorum has the message. Only now it reaches the own disk, and only then its callers. */
  #confirm(term: Term): void {
    const item = term.pipeline.shift();
    if (item === undefined) return;
    const { message, predicted: position } = item;
    let { end } = term.confirmed;
    if (message.kind === 'data') {
      if (!this.#store(message)) {
        this.#settle(message, 'unknown');
        return;
      }
      end = message.first + message.entries.length - 1;
      this.#acknowledge(message);
    }
    term.confirmed = { position, message, epoch: term.epoch, end };
    if (position > this.#place.position) term.unread.push({ position, message });
    for (const query of item.queries) this.world.onAnswered(this, query);
  }

  /** A time-out, a lost connection, a refusal: nothing more is published until a new fence settles it. */
  doubt(): void {
    const term = this.#term;
    if (term === null) return;
    this.#term = null;
    const pending = term.pipeline.flatMap(({ message }) => (message.kind === 'data' ? [message] : []));
    const { rules } = this.world;
    // Reading starts where both agree: what was confirmed and what was seen to count.
    if (this.#place.position > term.confirmed.position) this.#trail.goBack(term.confirmed);
    this.#candidacy = this.#newCandidacy(pending);
    this.#unreadOfCandidacy = rules.followsOwnStream ? term.unread : [];
    this.register();
    if (!rules.doubtNeedsFence) this.#resolveByReading(term, this.#candidacy);
  }

  #unreadOfCandidacy: Term['unread'] = [];

  /** The looser way: what is not in the stream now is published again under the same epoch. */
  #resolveByReading(term: Term, candidacy: Candidacy): void {
    while (this.#candidacy === candidacy && this.readNext());
    if (this.#candidacy !== candidacy || candidacy.hasForeignFence) return;
    this.#candidacy = null;
    this.#lead(term.epoch, this.world.stream.end, candidacy);
  }

  // --- becoming leader

  contend(): void {
    if (!this.isStandby || this.hasDiverged) return;
    this.#candidacy = this.#newCandidacy([]);
    this.#unreadOfCandidacy = [];
    this.publishFence();
  }

  #newCandidacy(pending: readonly Data[]): Candidacy {
    return {
      pending,
      registered: 0,
      fence: null,
      fencePosition: null,
      refusals: 0,
      hasForeignFence: false,
      hasRegressed: false,
    };
  }

  /** The first one, or another one after a time-out: the former may still arrive. */
  publishFence(): void {
    const candidacy = this.#candidacy;
    if (candidacy === null || candidacy.fencePosition !== null) return;
    const { id: node, incarnation } = this;
    // Before the fence: what is registered later was confirmed later, and will be refused.
    candidacy.registered = this.world.highestRegistered();
    this.world.onFence(this.id);
    candidacy.fence = { kind: 'fence', node, incarnation, nonce: this.world.nextNonce() };
    const expected = candidacy.refusals >= FREE_FENCE_AFTER ? null : this.#place.position;
    this.#send(candidacy.fence, expected);
    if (!this.world.rules.waitsForFence && candidacy.pending.length === 0) this.#leadEarly(candidacy);
  }

  /** The looser way: data follows in the pipeline while the fence is still on its way. */
  #leadEarly(candidacy: Candidacy): void {
    const position = this.#place.position + 1;
    this.#candidacy = null;
    this.#lead({ position, nonce: candidacy.fence?.nonce ?? 0 }, position, candidacy);
  }

  #onFenceAnswer(candidacy: Candidacy, position: number | null): void {
    if (candidacy.fencePosition !== null) return;
    if (position === null) {
      candidacy.refusals += 1;
      candidacy.fence = null;
      return;
    }
    candidacy.fencePosition = position;
    if (!this.world.rules.verifiesPosition) {
      if (position <= this.#place.position) this.#reachFence(candidacy, position);
    } else if (position <= this.#place.position || !this.#look()) {
      this.#recountForCandidacy(candidacy);
    }
  }

  #recountForCandidacy(candidacy: Candidacy): void {
    candidacy.hasRegressed = true;
    this.#unreadOfCandidacy = [];
    this.#trail.startAt(BEGINNING);
  }

  get needsFence(): boolean {
    return this.#candidacy !== null && this.#candidacy.fence === null;
  }

  get waitsForAnswer(): boolean {
    if (this.#candidacy !== null) return true;
    return this.#term !== null && this.#term.pipeline.length > 0;
  }

  /** What did not answer in time may be stored or not, now or later. */
  timeOut(): void {
    if (this.#term !== null && this.#term.pipeline.length > 0) this.doubt();
    const candidacy = this.#candidacy;
    if (candidacy === null) return;
    // The stream confirmed the fence and does not show it: it may have lost it.
    if (candidacy.fencePosition !== null) this.#recountForCandidacy(candidacy);
    candidacy.fencePosition = null;
    this.publishFence();
  }

  #reachFence(candidacy: Candidacy, position: number): void {
    const { rules } = this.world;
    this.#candidacy = null;
    const counted = Math.max(this.#place.end, this.disk.length);
    if (rules.comparesRegistrations && candidacy.registered > counted) {
      this.refusedLostTail = true;
      for (const message of candidacy.pending) this.#settle(message, 'unknown');
      return;
    }
    this.refusedLostTail = false;
    this.#lead({ position, nonce: candidacy.fence?.nonce ?? 0 }, position, candidacy);
  }

  #lead(epoch: Epoch, lastPosition: number, candidacy: Candidacy): void {
    const { rules } = this.world;
    const term: Term = {
      epoch,
      pipeline: [],
      unread: [],
      confirmed: this.#place,
      nextPosition: lastPosition + 1,
      nextSequence: this.disk.length + 1,
    };
    // The looser ways lead from a place that is not the fence.
    if (candidacy.fence !== null && this.#place.message !== candidacy.fence) {
      term.confirmed = { position: epoch.position, message: candidacy.fence, epoch, end: this.#place.end };
    }
    this.#term = term;
    this.world.onLead(this.id);
    if (rules.heals && this.disk.length > this.#place.end) {
      const first = this.#place.end + 1;
      this.#publish(term, { kind: 'data', epoch, first, entries: this.disk.slice(first - 1) }, []);
    }
    for (const message of candidacy.pending) {
      if (!this.#isPending(message)) continue;
      const mayRepublish = !candidacy.hasForeignFence || !rules.respectsForeignFence;
      if (mayRepublish && (message.first === term.nextSequence || !rules.republishesAtEnd)) {
        term.nextSequence = message.first + message.entries.length;
        this.#publish(term, { ...message, epoch }, []);
      } else {
        this.#settle(message, candidacy.hasRegressed ? 'unknown' : 'not-written');
      }
    }
    this.register();
  }

  // --- reading

  /** Reads one message. @returns whether there was one that may be read now */
  readNext(): boolean {
    if (!this.isAlive || this.hasDiverged) return false;
    const candidacy = this.#candidacy;
    // Until its fence is confirmed and what it read before is verified, a candidate takes nothing for
    // counted.
    if (candidacy !== null && candidacy.fencePosition === null && this.world.rules.doubtNeedsFence)
      return false;
    const read = readAfter(this.world.stream, this.#place, this.world.rules);
    if (read === null) return false;
    if (candidacy !== null && !this.#isAsConfirmed(read)) {
      this.#recountForCandidacy(candidacy);
      return true;
    }
    this.#trail.advance(read.place);
    if (candidacy !== null) this.#onCandidateRead(candidacy, read);
    else if (this.#term !== null) this.#onLeaderRead(this.#term, read);
    else this.#onStandbyRead(read);
    return true;
  }

  #onCandidateRead(candidacy: Candidacy, { message, counts, place }: Read): void {
    const { position } = place;
    if (message.kind === 'data' && counts) this.#take(message, candidacy.pending);
    if (this.#candidacy !== candidacy) return;
    if (message === candidacy.fence && position === candidacy.fencePosition) {
      this.#reachFence(candidacy, position);
    } else if (candidacy.fencePosition !== null && position >= candidacy.fencePosition) {
      // Another message is where the fence was confirmed: the stream has lost it.
      candidacy.fence = null;
      candidacy.fencePosition = null;
      this.#recountForCandidacy(candidacy);
    } else if (message.kind === 'fence' && !this.#isOwn(message)) {
      candidacy.hasForeignFence = true;
    }
  }

  #isOwn({ node, incarnation }: Fence): boolean {
    return node === this.id && incarnation === this.incarnation;
  }

  #onLeaderRead(term: Term, read: Read): void {
    const { message, counts, place } = read;
    const isForeign = message.kind === 'fence' && !this.#isOwn(message);
    if (message.kind === 'fence' && !isForeign) {
      const isCurrent = message.nonce === term.epoch.nonce && place.position === term.epoch.position;
      if (!isCurrent && this.world.rules.ownOldFenceIsDoubt) this.doubt();
      return;
    }
    if (isForeign) {
      this.#stepDown(term, place.position);
      return;
    }
    if (!this.#isAsConfirmed(read)) {
      this.doubt();
      return;
    }
    if (message.kind === 'data' && counts && place.end <= this.disk.length) this.#resume = place;
  }

  /** Whether a confirmed message is what it was confirmed as: there, and counted. */
  #isAsConfirmed({ message, counts, place }: Read): boolean {
    if (!this.world.rules.followsOwnStream) return true;
    const unread = this.#term?.unread ?? this.#unreadOfCandidacy;
    const [expected] = unread;
    if (expected === undefined || expected.position > place.position) return true;
    unread.shift();
    return expected.message === message && (message.kind !== 'data' || counts);
  }

  /** A foreign fence follows the own one. Everything before it was read, so what did not count never will. */
  #stepDown(term: Term, fencePosition: number): void {
    this.#term = null;
    const hasRegressed = term.unread.length > 0 || term.confirmed.position >= fencePosition;
    let { end } = term.confirmed;
    for (const { message } of term.pipeline) {
      if (message.kind !== 'data') continue;
      const counted =
        message.first === end + 1 && message.first + message.entries.length - 1 <= this.#place.end;
      if (counted && !hasRegressed) {
        end += message.entries.length;
        if (this.#store(message)) this.#acknowledge(message);
      } else this.#settle(message, hasRegressed ? 'unknown' : 'not-written');
    }
    if (hasRegressed) this.#trail.startAt(BEGINNING);
    this.register();
  }

  #onStandbyRead({ message, counts, place }: Read): void {
    if (message.kind !== 'data') return;
    if (counts) {
      this.#take(message, []);
      if (!this.hasDiverged) this.#resume = place;
    }
  }

  /** Takes a counted message to the own disk, and acknowledges it if it was pending here. */
  #take(message: Data, pending: readonly Data[]): void {
    const { rules } = this.world;
    const own = pending.find((each) =>
      rules.matchesBytes ? each === message : each.first === message.first,
    );
    if (!this.#store(message)) return;
    if (own !== undefined) this.#acknowledge(own);
  }

  /** Compares the entries that the disk has with the message, and appends the others. */
  #store({ first, entries }: Data): boolean {
    for (const [index, entry] of entries.entries()) {
      const sequence = first + index;
      const present = this.disk[sequence - 1];
      if (present === undefined && sequence === this.disk.length + 1) this.disk.push(entry);
      else if (present !== entry) {
        this.#diverge();
        return false;
      }
    }
    return true;
  }

  #diverge(): void {
    this.hasDiverged = true;
    this.world.register(this.id, null);
    const pending = [...(this.#term?.pipeline ?? []).map(({ message }) => message)];
    if (this.#candidacy !== null) pending.push(...this.#candidacy.pending);
    this.#term = null;
    this.#candidacy = null;
    for (const message of pending) this.#settle(message, 'unknown');
  }

  /**
   * At every connect and lease interval, a node looks again at the last message that it read or confirmed.
   */
  recheck(): void {
    if (!this.isAlive || this.hasDiverged) return;
    const { stream } = this.world;
    // An end below a confirmed message shows nothing by itself. A fence will.
    if (this.#term !== null && !isUnchanged(stream, this.#term.confirmed)) this.doubt();
    if (this.#look()) return;
    if (this.#term !== null) this.doubt();
    else if (this.#candidacy === null) this.#trail.startAt(BEGINNING);
  }

  #look(): boolean {
    return this.#trail.look(this.world.stream, this.world.rules);
  }

  // --- callers

  /** The entries whose callers have no answer yet. */
  readonly #pending = new Set<number>();

  get pendingEntries(): number {
    return this.#pending.size;
  }

  #isPending(message: Data): boolean {
    return message.entries.some((entry) => this.#pending.has(entry));
  }

  #settle(message: Message, outcome: 'not-written' | 'unknown'): void {
    if (message.kind !== 'data') return;
    for (const entry of message.entries) {
      if (!this.#pending.delete(entry)) continue;
      if (outcome === 'unknown') this.world.onUnknown(entry);
      else this.world.onNotWritten(entry);
    }
  }

  #acknowledge({ first, entries }: Data): void {
    for (const [index, entry] of entries.entries()) {
      if (this.#pending.delete(entry)) this.world.onAcknowledged(this.id, first + index, entry);
    }
  }

  // --- life

  register(): void {
    if (!this.hasDiverged) this.world.register(this.id, this.disk.length);
  }

  crash(): void {
    this.isAlive = false;
    this.#term = null;
    this.#candidacy = null;
    this.#pending.clear();
  }

  restart(): void {
    this.isAlive = true;
    this.incarnation += 1;
    const { stream, rules } = this.world;
    const resume = rules.resumesFromCounted ? this.#resume : this.#anyWithLastSequence();
    this.#trail.startAt(isUnchanged(stream, resume) ? resume : BEGINNING);
    this.register();
  }

  /** The looser way: any message that ends with the last own sequence, void or not. */
  #anyWithLastSequence(): Place {
    const { stream } = this.world;
    for (let position = 1; position <= stream.end; position += 1) {
      const message = stream.at(position);
      if (message?.kind !== 'data') continue;
      const end = message.first + message.entries.length - 1;
      if (end === this.disk.length) return { position, message, epoch: message.epoch, end };
    }
    return BEGINNING;
  }

  get #place(): Place {
    return this.#trail.place;
  }
}
