import { BadRequestException, Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { AggregateRepository, InjectAggregateRepository } from 'nestjs-file-journal';
import { Account } from './account.js';
import { Deposit, OpenAccount, Transfer, Withdraw } from './commands.js';

@Controller('accounts')
export class AccountsController {
  constructor(
    private readonly commands: CommandBus,
    @InjectAggregateRepository(Account) private readonly accounts: AggregateRepository<Account>,
  ) {}

  @Post()
  async open(@Body() body: { id: string; owner: string; currency: string }) {
    await this.commands.execute(new OpenAccount(body.id, body.owner, body.currency));
    return this.show(body.id);
  }

  @Post(':id/deposits')
  async deposit(@Param('id') id: string, @Body() body: { cents: unknown }) {
    await this.commands.execute(new Deposit(id, centsOf(body)));
    return this.show(id);
  }

  @Post(':id/withdrawals')
  async withdraw(@Param('id') id: string, @Body() body: { cents: unknown }) {
    await this.commands.execute(new Withdraw(id, centsOf(body)));
    return this.show(id);
  }

  @Post(':id/transfers')
  @HttpCode(204)
  async transfer(@Param('id') id: string, @Body() body: { to: string; cents: unknown }): Promise<void> {
    await this.commands.execute(new Transfer(id, body.to, centsOf(body)));
  }

  /** Shows what is stored, nothing else. */
  @Get(':id')
  show(@Param('id') id: string) {
    return this.accounts.query(id, ({ view }) => view);
  }
}

function centsOf({ cents }: { cents: unknown }): bigint {
  if (typeof cents === 'number' && Number.isSafeInteger(cents) && cents > 0) return BigInt(cents);
  throw new BadRequestException('cents must be a positive integer');
}
