// Plays `wget --quiet --spider URL` where there is none: exit codes as wget's own (4 no answer, 8 an error of the server).
const [url, ...others] = process.argv.slice(2).filter((word) => !['--quiet', '--spider'].includes(word));
if (url === undefined || others.length > 0) process.exit(2);
const answer = await fetch(url, { method: 'HEAD' }).catch(() => undefined);
process.exit(answer === undefined ? 4 : answer.ok ? 0 : 8);
