/** The same application without the package: its account lives in memory. */
import 'reflect-metadata';
import { Body, Controller, Get, Module, Post, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { IsInt, Max, Min } from 'class-validator';
import { reportStart } from './report-start.js';

class Account {
  balanceCents = 0;

  deposit(cents: number): number {
    this.balanceCents += cents;
    return this.balanceCents;
  }
}

class Amount {
  @IsInt()
  @Min(1)
  @Max(100_000_000)
  readonly cents!: number;
}

@Controller()
class AccountController {
  constructor(private readonly account: Account) {}

  @Post('deposits')
  deposit(@Body() { cents }: Amount): number {
    return this.account.deposit(cents);
  }

  @Get('balance')
  balance(): number {
    return this.account.balanceCents;
  }
}

@Module({ imports: [CqrsModule.forRoot()], controllers: [AccountController], providers: [Account] })
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error'] });
  app.useGlobalPipes(new ValidationPipe());
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  reportStart(app);
}

void main();
