import { Body, Controller, Post } from '@nestjs/common';
import type { HttpContestant } from './contestant.js';
import { nowNs, type Answer, type Deposit } from './deposits.js';

export const NO_OP = 'no-op handler';

@Controller()
class NoOpController {
  @Post('deposits')
  deposit(@Body() { account, cents }: Deposit): Answer {
    return {
      sequenceNum: '1',
      timestampNs: nowNs(),
      command: { Deposit: { account, cents } },
      result: { balanceCents: cents },
    };
  }
}

/** The floor: the framework alone, with the same body and the same answer. */
export const noOp: HttpContestant = {
  name: NO_OP,
  needsPostgres: false,
  open: async () => ({ module: { controllers: [NoOpController] } }),
};
