import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { bigintsToStrings } from 'nestjs-file-journal';
import { GetStatusQuery, type StatusView } from '../trading/queries/index.js';

@Controller('health')
export class HealthController {
  constructor(private readonly queries: QueryBus) {}

  /**
   * Answers 503 so that a supervisor restarts the process. A failed journal recovers only from disk.
   */
  @Get()
  async health(): Promise<StatusView> {
    const status = await this.queries.execute(new GetStatusQuery());
    if (status.status === 'down') {
      throw new ServiceUnavailableException(bigintsToStrings(status) as Record<string, unknown>);
    }
    return status;
  }
}
