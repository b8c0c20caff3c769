/** Writes `docs/goleash.schema.json`, by which editors check a configuration, from the schema that reads one. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonSchema } from '../src/config-schema.ts';

await writeFile(join(import.meta.dirname, '..', 'docs', 'goleash.schema.json'), jsonSchema());
