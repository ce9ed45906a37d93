import { Controller, Get, type Type } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { AllowRoles } from './access.js';
import { DeclaredAccess } from './declared-access.js';

@Controller('declared')
class Declared {
  @Get()
  @AllowRoles('client')
  read(): void {
    // Nobody asks.
  }
}

@Controller('forgotten')
class Forgotten extends Declared {
  @Get('more')
  more(): void {
    // Nobody asks.
  }
}

async function start(controller: Type): Promise<void> {
  const testing = Test.createTestingModule({
    imports: [DiscoveryModule],
    controllers: [controller],
    providers: [DeclaredAccess],
  });
  const module = await testing.compile();
  await module.init();
  await module.close();
}

describe('a route', () => {
  it('that declares no access fails the start, and is named', async () => {
    await expect(start(Forgotten)).rejects.toThrow('routes declare no access: Forgotten.more');
  });

  it('that says who may use it does not', async () => {
    await expect(start(Declared)).resolves.toBeUndefined();
  });
});
