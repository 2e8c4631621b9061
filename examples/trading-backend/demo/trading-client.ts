import type { Ledger } from './ledger.js';
import type { FlowRequest, OrderFlow } from './order-flow.js';

/** One trader at the other end of HTTP: sends a request, waits for the answer, remembers it. */
export class TradingClient {
  constructor(
    private readonly flow: OrderFlow,
    private readonly ledger: Ledger,
  ) {}

  /**
   * Trades until the backend is gone.
   * @param onAnswer called after every answer
   */
  async tradeWith(url: string, onAnswer: () => void): Promise<void> {
    for (;;) {
      const request = this.flow.next();
      const isAnswered = await this.send(url, request);
      if (!isAnswered) {
        this.ledger.noteUnanswered(request);
        return;
      }
      onAnswer();
    }
  }

  private async send(url: string, request: FlowRequest): Promise<boolean> {
    let status: number;
    let answer: Record<string, unknown>;
    try {
      const response = await fetch(url + request.path, {
        method: request.method,
        headers: { 'content-type': 'application/json' },
        body: request.body === undefined ? null : JSON.stringify(request.body),
      });
      status = response.status;
      answer = (await response.json()) as Record<string, unknown>;
    } catch {
      // Connections of a killed process are reset, or end in the middle of an answer.
      return false;
    }
    this.ledger.noteAnswer(request, status, answer);
    if (status < 400) this.flow.noteTaken(request);
    return true;
  }
}
