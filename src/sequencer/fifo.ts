/** First in, first out, in constant time whatever its length; an array's `shift` moves all that is behind. */
export class Fifo<T> {
  private incoming: T[] = [];
  private outgoing: T[] = [];

  get size(): number {
    return this.incoming.length + this.outgoing.length;
  }

  push(item: T): void {
    this.incoming.push(item);
  }

  shift(): T | undefined {
    if (this.outgoing.length === 0) {
      this.outgoing = this.incoming.reverse();
      this.incoming = [];
    }
    return this.outgoing.pop();
  }
}
