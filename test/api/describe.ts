// The description of the API as a process with the built-in job types answers it at /openapi.json, without Kafka or MongoDB: what
// is described depends on the routes and the job types alone.

import { loadConfiguredJobs } from '../../platform/load-jobs.ts';
import { createTestApp } from '../../producer/app.fixture.ts';

/** JSON text. */
export async function describedApi(): Promise<string> {
  const { app } = createTestApp({ jobs: await loadConfiguredJobs('') });
  const answer = await app.inject('/openapi.json');
  await app.close();
  if (answer.statusCode !== 200) throw new Error(`/openapi.json answers ${answer.statusCode}: ${answer.body}`);
  return answer.body;
}
