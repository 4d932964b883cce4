// The health check of a container: ends with 0 when the service in it says that it is ready, with 1 and the reason when
// it does not. docker-compose.yml calls it. PUTLOG_HEALTH_PORT is the service's own setting.
const port = process.env.PUTLOG_HEALTH_PORT || '3000';

try {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4_500) });
  console.log(await response.text());
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
