/* Keeps the browser's time zone in a cookie, so that the next page shows times in it. */
{
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const root = new URL("../../", import.meta.url).pathname; // the site may live below a path
  const secure = location.protocol === "https:" ? "; secure" : "";
  if (zone) document.cookie = `zone=${zone}; path=${root}; max-age=31536000; samesite=lax${secure}`;
}
