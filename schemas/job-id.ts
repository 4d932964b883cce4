// What an id of a job is made of: the characters that an address keeps as they are (RFC 3986 §2.3).

/** Inside of a longer pattern, and as all of one. */
export const jobIdPart = '[A-Za-z0-9._~-]{1,200}';
export const jobIdPattern = `^${jobIdPart}$`;
const pattern = new RegExp(jobIdPattern);
export const isJobId = (id: string): boolean => pattern.test(id);
