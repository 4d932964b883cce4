import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cached, cached } from './cache.ts';
import type { Fetch } from './fetch-kafka.ts';
import { maven } from './maven.ts';
import { runTool } from './run-tool.ts';
import { registryVersion } from './versions.ts';

/** Fetches Apicurio Registry from Maven's repository and unpacks it, once. Called by install-part.ts. */
export const registryCacheName = `apicurio-${registryVersion}`;

const artifact = 'apicurio-registry-app';

export const fetchRegistry = ({ cacheDir, signal, onMb }: Fetch): Promise<Cached> =>
  cached({
    cacheDir,
    name: registryCacheName,
    signal,
    fill: async (directory) => {
      const settings = {
        artifact: `io.apicurio:${artifact}:${registryVersion}:tar.gz:all`,
        outputDirectory: directory,
      };
      await maven({ directory, goal: 'copy', settings, signal, onMb });
      const archive = join(directory, `${artifact}-${registryVersion}-all.tar.gz`);
      await runTool('tar', ['-xzf', archive, '-C', directory], { signal });
      await rm(archive);
    },
  });

export const registryJar = (directory: string) => join(directory, `${artifact}-${registryVersion}-runner.jar`);
