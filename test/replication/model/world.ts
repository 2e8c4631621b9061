import { Random } from '../../support/random.js';
import { ModelNode, type Query, type Surroundings } from './node.js';
import { countedEntries } from './reader.js';
import type { Rules } from './rules.js';
import { Stream, type Answer, type Message, type Publish } from './stream.js';

const NODES = 3;

/** Something that must never happen, or something that never ended. */
export class Violation extends Error {}

/** Three nodes, one stream, and the network between them. Tests and the random schedule drive it. */
export class World implements Surroundings {
  readonly stream = new Stream();
  readonly nodes: ModelNode[] = [];
  readonly publishes: Publish[] = [];
  readonly answers: Answer[] = [];
  readonly log: string[] = [];
  hasLostTail = false;
  #nonce = 0;
  #entry = 0;
  /** The durable sequence that each node registered last. */
  readonly #registered: number[] = Array.from({ length: NODES }, () => 0);
  /** The registrations that each node read for its present fence. */
  readonly #readForFence: (readonly number[])[] = [];
  readonly #readOfLeader: (readonly number[])[] = [];
  /** The same, of the leader that first published an entry. */
  readonly #readBefore = new Map<number, readonly number[]>();
  readonly #acknowledged = new Map<number, { readonly node: number; readonly entry: number }>();
  readonly #submitters = new Map<number, number>();
  readonly #notWritten = new Set<number>();
  /** Entries that may count although they were reported as not written, because the stream lost its tail. */
  readonly #mayComeBack = new Set<number>();
  #lastAcknowledged = 0;

  constructor(
    readonly rules: Rules,
    private readonly isLogged = false,
  ) {
    for (let id = 0; id < NODES; id += 1) this.nodes.push(new ModelNode(id, this));
  }

  // --- what nodes do

  send(publish: Publish): void {
    this.publishes.push(publish);
    const { message, node } = publish;
    // A follower may have taken entries for counted before it noticed the loss. It cannot tell them apart.
    if (this.hasLostTail && message.kind === 'data') {
      for (const entry of message.entries) {
        if (this.#submitters.get(entry) !== node) this.#mayComeBack.add(entry);
      }
    }
    if (this.isLogged) this.note(`${publish.node} sends ${describe(publish)}`);
  }

  nextNonce(): number {
    this.#nonce += 1;
    return this.#nonce;
  }

  highestRegistered(): number {
    return Math.max(...this.#registered);
  }

  register(node: number, sequence: number | null): void {
    this.#registered[node] = sequence ?? 0;
  }

  onFence(node: number): void {
    this.#readForFence[node] = [...this.#registered];
  }

  onLead(node: number): void {
    this.#readOfLeader[node] = this.#readForFence[node] ?? [];
    if (this.isLogged) this.note(`${node} leads`);
  }

  onAcknowledged(node: number, sequence: number, entry: number): void {
    if (this.isLogged) this.note(`${node} acknowledges ${entry} as ${sequence}`);
    const before = this.#acknowledged.get(sequence);
    if (before !== undefined && !this.hasLostTail) {
      throw new Violation(`${before.entry} and ${entry} are both acknowledged as ${sequence}`);
    }
    if (this.#notWritten.has(entry)) throw new Violation(`${entry} was not written, and is acknowledged`);
    if (before === undefined) this.#acknowledged.set(sequence, { node, entry });
    this.#lastAcknowledged = Math.max(this.#lastAcknowledged, sequence);
  }

  onNotWritten(entry: number): void {
    if (this.isLogged) this.note(`${entry} is not written`);
    this.#notWritten.add(entry);
  }

  onUnknown(entry: number): void {
    if (this.isLogged) this.note(`${entry} is unknown`);
  }

  onAnswered({ id, disk }: ModelNode, { acknowledged }: Query): void {
    if (this.isLogged) this.note(`${id} answers a query`);
    if (acknowledged === 0 || this.hasLostTail) return;
    if (disk[acknowledged - 1] !== this.#acknowledged.get(acknowledged)?.entry) {
      throw new Violation(`a linearizable query on ${id} missed ${acknowledged}`);
    }
  }

  // --- what happens to them

  submit(node: ModelNode, count: number): void {
    const entries: number[] = [];
    for (let index = 0; index < count; index += 1) {
      this.#entry += 1;
      entries.push(this.#entry);
      this.#submitters.set(this.#entry, node.id);
      this.#readBefore.set(this.#entry, this.#readOfLeader[node.id] ?? []);
    }
    node.submit(entries);
  }

  query(node: ModelNode): void {
    node.query({ acknowledged: this.#lastAcknowledged });
  }

  /** The message arrives; with `keep`, it will arrive once more. */
  deliver(index: number, keep = false): void {
    const publish = keep ? this.publishes[index] : take(this.publishes, index);
    if (publish === undefined) return;
    const answer = this.stream.accept(publish);
    this.answers.push(answer);
    if (this.isLogged) this.note(`${describe(publish)} arrives: ${answer.position ?? 'refused'}`);
  }

  answer(index: number): void {
    const answer = take(this.answers, index);
    if (answer === undefined) return;
    this.nodes[answer.publish.node]?.receive(answer);
  }

  loseTail(count: number): void {
    this.hasLostTail = true;
    if (this.isLogged) this.note(`the stream loses ${count} of ${this.stream.end}`);
    for (const message of this.stream.loseTail(count)) {
      if (message.kind === 'data') for (const entry of message.entries) this.#mayComeBack.add(entry);
      // What was void behind a lost fence may count now.
      if (message.kind === 'fence') for (const entry of this.#notWritten) this.#mayComeBack.add(entry);
    }
  }

  // --- what a schedule says

  /** Lets the oldest message of a kind from a node arrive. */
  arrive(node: ModelNode, kind: Message['kind'], keep = false): void {
    this.deliver(this.#sent(node, kind), keep);
  }

  /** Loses the oldest message of a kind from a node. */
  drop(node: ModelNode, kind: Message['kind']): void {
    take(this.publishes, this.#sent(node, kind));
  }

  #sent({ id }: ModelNode, kind: Message['kind']): number {
    const index = this.publishes.findIndex(({ node, message }) => node === id && message.kind === kind);
    if (index < 0) throw new Error(`${id} has sent no ${kind}`);
    return index;
  }

  /** Hands over all answers to a node. */
  answerAll({ id }: ModelNode): void {
    for (let index = 0; index < this.answers.length;) {
      if (this.answers[index]?.publish.node === id) this.answer(index);
      else index += 1;
    }
  }

  /** A node becomes leader without a fault. */
  lead(node: ModelNode): void {
    readAll(node);
    node.contend();
    this.arrive(node, 'fence');
    this.answerAll(node);
    readAll(node);
    if (!node.isLeader) throw new Error(`${node.id} does not lead`);
  }

  note(text: string): void {
    if (this.isLogged) this.log.push(text);
  }

  // --- the end

  /** No more faults: everything must be settled, and what was promised must be there. */
  settle(random: Random): void {
    for (const node of this.nodes) if (!node.isAlive) node.restart();
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      this.#runOnce(random);
      if (this.#isSettled()) {
        this.#check();
        return;
      }
      this.#elect(random);
    }
    throw new Violation('the nodes did not settle');
  }

  #runOnce(random: Random): void {
    while (this.publishes.length > 0) this.deliver(random.below(this.publishes.length));
    while (this.answers.length > 0) this.answer(random.below(this.answers.length));
    for (const node of this.nodes) {
      node.recheck();
      readAll(node);
    }
    if (this.publishes.length > 0) return;
    for (const node of this.nodes) {
      if (node.needsFence) node.publishFence();
      else if (node.waitsForAnswer) node.timeOut();
    }
  }

  /** One lease, and whoever may lead tries: a node whose disk reaches further comes first. */
  #elect(random: Random): void {
    if (this.nodes.some((node) => node.isBusy)) return;
    const leader = this.nodes.find((node) => node.isLeader);
    const able = this.nodes.filter((node) => node.isStandby && !node.hasDiverged);
    const longest = Math.max(...able.map(({ disk }) => disk.length));
    const candidates = able.filter(({ disk }) => disk.length === longest);
    const isNeeded = leader === undefined || (leader.hasReadAll && longest > leader.countedEnd);
    if (isNeeded && candidates.length > 0) random.pick(candidates).contend();
  }

  #isSettled(): boolean {
    if (this.publishes.length > 0 || this.answers.length > 0) return false;
    const healthy = this.nodes.filter(({ hasDiverged }) => !hasDiverged);
    const leaders = healthy.filter(({ isLeader }) => isLeader);
    const [leader] = leaders;
    if (leaders.length !== 1 || leader === undefined) return false;
    return healthy.every(
      (node) => !node.isBusy && node.hasReadAll && node.disk.length === leader.disk.length,
    );
  }

  #check(): void {
    const counted = countedEntries(this.stream, this.rules);
    if (new Set(counted).size !== counted.length) throw new Violation('an entry counts twice');
    for (const { id, disk, hasDiverged, pendingEntries } of this.nodes) {
      if (pendingEntries > 0) throw new Violation(`callers of ${id} have no answer`);
      if (hasDiverged && !this.hasLostTail) throw new Violation(`${id} has diverged`);
      if (hasDiverged) continue;
      if (disk.length !== counted.length || disk.some((entry, index) => entry !== counted[index])) {
        throw new Violation(`the disk of ${id} differs from the stream`);
      }
    }
    for (const [sequence, { node, entry }] of this.#acknowledged) {
      if (counted[sequence - 1] === entry || this.#isExcused(node, counted)) continue;
      throw new Violation(`the acknowledged ${entry} is not at ${sequence}`);
    }
    for (const entry of counted) {
      if (this.#notWritten.has(entry) && !this.#mayComeBack.has(entry)) {
        throw new Violation(`${entry} was not written, and counts`);
      }
    }
  }

  /**
   * The one loss that the protocol documents: the stream lost its tail, and the only node that held it came
   * back after another one had gone on, which saw a registration of the holder below the entries in question.
   */
  #isExcused(id: number, counted: readonly number[]): boolean {
    const holder = this.nodes[id];
    if (!this.hasLostTail || holder?.hasDiverged !== true) return false;
    const different = holder.disk.findIndex((entry, index) => entry !== counted[index]);
    const other = counted[different];
    const registered = other === undefined ? undefined : this.#readBefore.get(other)?.[id];
    return registered !== undefined && registered <= different;
  }
}

const MOST_ROUNDS = 200;

/** Reads what there is. */
export function readAll(node: ModelNode): void {
  while (node.readNext());
}

function take<T>(list: T[], index: number): T | undefined {
  const [taken] = list.splice(index, 1);
  return taken;
}

function describe({ message, expected, node }: Publish): string {
  const after = expected === null ? '' : ` after ${expected}`;
  if (message.kind === 'data') {
    return `data ${message.first}: ${message.entries.join(' ')} of epoch ${message.epoch.position}/${message.epoch.nonce}${after}`;
  }
  if (message.kind === 'fence') return `fence ${message.nonce} of ${node}${after}`;
  return `${message.kind}${after}`;
}
