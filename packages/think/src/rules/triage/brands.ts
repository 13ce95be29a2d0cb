/**
 * Names that strangers like to borrow, and the domains that are really theirs where the name does not stand
 * in them. A mail that calls itself so and comes from elsewhere is suspected.
 */
export const BRANDS: readonly (readonly [name: RegExp, domains: RegExp])[] = [
  [/\bpay ?pal\b/, /paypal/],
  [/\bamazon(?: prime)?\b|\bprime video\b/, /amazon|\baws\b|primevideo/],
  [
    /\bmicrosoft\b|\boffice ?365\b|\bmicrosoft ?365\b|\boutlook\b|\bone ?drive\b|\bshare ?point\b|\bms teams\b/,
    /microsoft|outlook|office|sharepoint|azure|live\.com|skype|onmicrosoft/,
  ],
  [/\bapple\b|\bicloud\b|\bitunes\b|\bapp store\b/, /apple|icloud|itunes/],
  [/\bnetflix\b/, /netflix/],
  [/\bspotify\b/, /spotify/],
  [/\bdisney ?\+|\bdisney plus\b/, /disney/],
  [/\bgoogle\b|\bgmail\b|\byoutube\b/, /google|gmail|youtube|goo\.gl/],
  [
    /\bfacebook\b|\binstagram\b|\bmeta business\b|\bwhatsapp\b/,
    /facebook|instagram|meta\.com|whatsapp|fb\.com/,
  ],
  [/\blinkedin\b/, /linkedin/],
  [/\bdhl\b/, /dhl|deutschepost/],
  [/\bups\b(?= |$)/, /\bups\b|upsemail/],
  [/\bfedex\b/, /fedex/],
  [/\busps\b|\bus postal\b/, /usps/],
  [
    /\bdpd\b|\bevri\b|\bhermes\b|\byodel\b|\bgls\b|\bcolissimo\b|\bchronopost\b|\bmondial relay\b/,
    /dpd|evri|hermes|yodel|gls|colissimo|chronopost|laposte|mondialrelay/,
  ],
  [
    /\broyal mail\b|\bpost office\b|\bla poste\b|\bcorreos\b|\bdeutsche post\b|\bswiss ?post\b|\bcorreios\b|\bpostnl\b|\bbpost\b|\baustralia post\b/,
    /royalmail|postoffice|laposte|correos|deutschepost|post\.ch|swisspost|correios|postnl|bpost|auspost/,
  ],
  [
    /\bsparkasse\b|\bvolksbank\b|\braiffeisen\b|\bcommerzbank\b|\bpostbank\b|\bdeutsche bank\b|\bcomdirect\b|\bdkb\b|\bing[- ]?diba\b|\bn26\b/,
    /sparkasse|s-|volksbank|vr-|raiffeisen|commerzbank|postbank|deutsche-bank|db\.com|comdirect|dkb|ing\.|n26/,
  ],
  [/\bsantander\b|\bbbva\b|\bcaixa ?bank\b|\bsabadell\b|\bbankia\b/, /santander|bbva|caixa|sabadell|bankia/],
  [
    /\bcredit agricole\b|\bbnp\b|\bsociete generale\b|\bbanque postale\b|\bcaisse d'epargne\b|\bcredit mutuel\b|\bboursorama\b/,
    /credit-agricole|bnp|societegenerale|socgen|labanquepostale|caisse-epargne|creditmutuel|bourso/,
  ],
  [
    /\bhsbc\b|\bbarclays\b|\blloyds\b|\bnat ?west\b|\bmonzo\b|\bhalifax\b/,
    /hsbc|barclays|lloyds|natwest|monzo|halifax/,
  ],
  [
    /\bchase\b|\bwells fargo\b|\bbank of america\b|\bciti ?bank\b|\bcapital one\b|\bamerican express\b|\bamex\b|\bmaster ?card\b|\bvisa\b(?= |$)/,
    /chase|wellsfargo|bankofamerica|bofa|citi|capitalone|americanexpress|aexp|mastercard|visa/,
  ],
  [
    /\bbradesco\b|\bitau\b|\bnubank\b|\bbanco do brasil\b|\bcaixa economica\b/,
    /bradesco|itau|nubank|bb\.com|caixa/,
  ],
  [
    /\brevolut\b|\bwise\b(?= |$)|\bklarna\b|\bstripe\b|\bwestern union\b/,
    /revolut|wise|klarna|stripe|westernunion/,
  ],
  [/\bdocu ?sign\b|\badobe\b|\bdropbox\b|\bwe ?transfer\b/, /docusign|adobe|dropbox|wetransfer/],
  [
    /\bcoinbase\b|\bbinance\b|\bmeta ?mask\b|\btrust ?wallet\b|\bledger\b|\bblockchain\b|\bkraken\b|\bcrypto\.com\b/,
    /coinbase|binance|metamask|consensys|trustwallet|ledger|blockchain|kraken|crypto\.com/,
  ],
  [
    /\bnorton\b|\bmc ?afee\b|\bgeek squad\b|\bkaspersky\b/,
    /norton|gendigital|mcafee|geeksquad|bestbuy|kaspersky/,
  ],
  [
    /\bhmrc\b|\birs\b(?= |$)|\belster\b|\bbundeszentralamt\b|\burssaf\b|\bimpots\b|\bameli\b|\bagencia tributaria\b|\bhacienda\b|\bseguridad social\b|\bgov\.uk\b/,
    /gov\.uk|hmrc|irs\.gov|elster|bund\.de|urssaf|gouv\.fr|ameli|agenciatributaria|gob\.es|seg-social/,
  ],
  [
    /\bwal-?mart\b|\bcostco\b|\bhome depot\b|\blowe'?s\b|\bace hardware\b|\bcvs\b|\bwalgreens\b|\bstarbucks\b|\bcashapp\b|\bcash app\b|\baldi\b|\blidl\b|\brewe\b|\bcarrefour\b|\bmediamarkt\b|\bdecathlon\b|\bikea\b/,
    /walmart|costco|homedepot|lowes|acehardware|cvs|walgreens|starbucks|cash\.app|squareup|aldi|lidl|rewe|carrefour|mediamarkt|decathlon|ikea/,
  ],
  [/\bstate farm\b|\baaa\b|\ballianz\b|\badac\b|\baxa\b/, /statefarm|aaa\.com|allianz|adac|axa/],
  [
    /\btelekom\b|\bvodafone\b|\bmovistar\b|\borange\b(?= (?:sa|bank|mail|client|facture|espace))|\bat ?& ?t\b|\bverizon\b|\bcomcast\b|\bxfinity\b/,
    /telekom|t-online|vodafone|movistar|telefonica|orange|att\.|verizon|comcast|xfinity/,
  ],
  [
    /\bebay\b|\betsy\b|\bshopify\b|\bbooking\.com\b|\bairbnb\b|\baliexpress\b|\bshein\b/,
    /ebay|etsy|shopify|booking|airbnb|aliexpress|shein/,
  ],
  [
    /\bgo ?daddy\b|\bionos\b|\bstrato\b|\bovh\b|\bcpanel\b|\bnamecheap\b/,
    /godaddy|ionos|1und1|strato|ovh|cpanel|namecheap/,
  ],
];
