import { stackSettings } from '../../embedded/stack-settings.ts';
import { startStack } from '../../embedded/start-stack.ts';

/** A program of its own for the tests: holds an embedded stack until it is killed, and prints its pids once it is up. */
const { kafka, registry, mongod } = await startStack(stackSettings(process.env));
console.log(JSON.stringify([kafka?.pid, registry?.pid, mongod?.pid]));
