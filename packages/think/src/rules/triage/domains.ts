const SECOND_LEVEL = /^(?:co|com|org|net|gov|gob|ac|edu|nom|or|ne)$/;

/** The part of a host name that somebody registered: `mail.shop.co.uk` is `shop.co.uk`. */
export function registeredDomain(host: string): string {
  const labels = host.toLowerCase().replace(/\.$/, "").split(".");
  const isLong =
    labels.length > 2 && SECOND_LEVEL.test(labels.at(-2) ?? "") && (labels.at(-1) ?? "").length <= 3;
  return labels.slice(isLong ? -3 : -2).join(".");
}

export function domainOf(address: string): string {
  return address.split("@").at(-1)?.toLowerCase() ?? "";
}

const FREE_MAIL =
  /^(?:gmail|googlemail|hotmail|outlook|live|msn|yahoo|ymail|aol|gmx|web|mail|email|icloud|me|proton(?:mail)?|pm|zoho|yandex|rediffmail|t-online|freenet|orange|wanadoo|free|laposte|sfr|libero|terra|uol|bol|qq|163|126|excite|lycos|usa|juno|netscape|earthlink|bellsouth|comcast|att)\.(?:[a-z]{2,4}|co\.[a-z]{2}|com\.[a-z]{2})$/;

export function isFreeMail(domain: string): boolean {
  return FREE_MAIL.test(domain);
}

/** Services that hide where a link leads. */
export const SHORTENERS =
  /(?:^|\.)(?:bit\.ly|tinyurl\.com|t\.co|goo\.gl|ow\.ly|is\.gd|rebrand\.ly|cutt\.ly|rb\.gy|shorturl\.at|t\.ly|s\.id|bit\.do|qrco\.de|tiny\.cc|lnkd\.in|v\.gd|buff\.ly|adf\.ly)$/;

/** Where anybody puts up a page in a minute. */
export const PAGE_HOSTS =
  /(?:^|\.)(?:storage\.googleapis\.com|firebasestorage\.googleapis\.com|web\.app|firebaseapp\.com|pages\.dev|workers\.dev|r2\.dev|netlify\.app|vercel\.app|herokuapp\.com|github\.io|glitch\.me|weebly\.com|wixsite\.com|blogspot\.com|ipfs\.io|repl\.co|000webhostapp\.com|azurewebsites\.net|blob\.core\.windows\.net|s3\.amazonaws\.com|on\.aws|ngrok\.io|duckdns\.org|translate\.goog|sites\.google\.com|docs\.google\.com|forms\.gle|notion\.site|jotform\.com|typeform\.com)$/;

/** Words in a host name that speak to the victim, not of a firm. */
const LURE_WORDS =
  /(?:^|[-.\d])(?:verif(?:y|ication|izierung|icacion|ier)?|secur(?:e|ity)|sicher(?:heit)?|seguridad|securite|login|log-in|signin|logon|account|konto|cuenta|compte|client[es]?|kunden?|kundenservice|update|aktualisierung|actualiza(?:r|cion)?|billing|payment|zahlung|pago|paiement|support|helpdesk|service|redelivery|zustellung|entrega|livraison|colis|paquete|paket|tracking|suivi|zoll|aduana|douane|tasas|customs|refund|remboursement|reembolso|rueckerstattung|tan|pushtan|pruefung|bestaetigung|confirm(?:ation)?|auth|recovery|unlock|reactivat(?:e|ion)|renew(?:al)?|quota|webmail|mailbox|portal|wallet|gewinn|premio[s]?|reward[s]?|gift|promo)(?=[-.\d]|$)/;

/** A name such as `bank-login-secure.info`: made to be read, not owned by whom it names. */
export function isLureDomain(host: string): boolean {
  const domain = registeredDomain(host);
  const label = domain.split(".")[0] ?? "";
  return label.includes("-") && LURE_WORDS.test(`${label}.`);
}

const IP_HOST = /^\[?[\d:.a-f]*\]?$|^0x/i;

export function isOddHost(host: string): boolean {
  return (IP_HOST.test(host) && /\d/.test(host)) || host.includes("xn--");
}

/** Endings that cost next to nothing and are hardly used by firms. */
export const CHEAP_ENDINGS =
  /\.(?:xyz|top|click|info|biz|tk|ml|ga|cf|gq|buzz|icu|cyou|rest|monster|shop|site|online|live|club|space|website|fun|work|life|best|cam|sbs|bond|cfd|lol|quest|beauty|hair|skin|makeup|autos|ru|su|cn|pw|ws|link|loan|win|bid|date|stream|download|racing|review|trade)$/;
