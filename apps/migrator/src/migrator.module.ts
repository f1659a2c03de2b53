import { Module } from '@nestjs/common';

/** Hears nothing and decides nothing yet; the saga that moves a VM with its devices will live here. */
@Module({})
export class MigratorModule {}
