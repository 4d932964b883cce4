// What node is told when it runs a service, by everything here that starts one. Left to itself V8 takes a young generation by the
// memory of the machine, twice 64 MiB on one of 24 GiB, which a service fills with garbage and keeps. The first line of putlog.js and
// the Dockerfile say the same.
export const nodeFlags: readonly string[] = ['--max-semi-space-size=16'];
