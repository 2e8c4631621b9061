import type { HttpAnswer, HttpClient } from './http-client.js';
import type { Ledger } from './ledger.js';
import type { OrderFlow } from './order-flow.js';

/** One trader: sends a request over HTTP, waits for the answer and records it. */
export class TradingClient {
  constructor(
    private readonly flow: OrderFlow,
    private readonly ledger: Ledger,
  ) {}

  /**
   * Trades until the backend is gone.
   * @param onAnswer called after every answer
   */
  async tradeOver(http: HttpClient, onAnswer: () => void): Promise<void> {
    for (;;) {
      const request = this.flow.next();
      let answer: HttpAnswer;
      try {
        answer = await http.send(request.method, request.path, request.body);
      } catch {
        // The connections of a killed process are reset, or end in the middle of an answer.
        this.ledger.noteUnanswered(request);
        return;
      }
      this.ledger.noteAnswer(request, answer.status, answer.body);
      if (answer.status < 400) this.flow.noteTaken(request);
      onAnswer();
    }
  }
}
