// Two RSA keys as a JWK set, the first of which signed the tokens in data/. Their private halves
// are not kept.
#pragma once

static const char google_keys[] =
    "{\"keys\": [{\"kty\": \"EC\", \"kid\": \"k1\", \"crv\": \"P-256\", \"x\": \"AA\", \""
    "y\": \"AA\"}, {\"kty\": \"RSA\", \"alg\": \"RS256\", \"use\": \"sig\", \"kid\": \"k1"
    "\", \"n\": \"7j54sMGOCN4dRVBtgzuaMY8JlT1GbQSqIVjzEeNN8ssAbr3sx4nLKr_W1oWCrqHil1N_vbm"
    "oBQlsMqND_LNLoXnIGGjmL7BNHBI1_sCsq0IjMv-q172juSZF3-mdFA2T97hj-juJWGIQzkL9T0pdNUvaFH8"
    "HAN6MvgC3OHiJ15RS2tbcfM05hkWLmm6SJh3yyoKRT_5Q0a-aJLF7g3QDf8zdfan6pWB4nxAhLmkQ_Xdffyr"
    "O7qSLZfmsHjt6B738cimYnnf-U5ePwEswCEmSoY0iynnUDh3uViv794kmfmBTrqsni4yWC_pp1JUa_QYCNr5"
    "2ssLZ8EHA740ZO_nh3Q\", \"e\": \"AQAB\"}, {\"kty\": \"RSA\", \"alg\": \"RS256\", \"us"
    "e\": \"sig\", \"kid\": \"k2\", \"n\": \"o5SBCjwZtteW_dpw-bC9t7dUeBjRJgImd7vrA1ql7S41"
    "hYUlN95XHTxZFlSKDQJftYD2nkzvwwUS0T2q0nmyI7Txb2hMh-p_h15sHfOCtB2_R8zq-rPdaPcDxMtvCfcq"
    "ggNsnuhc5EfvVBVWiK1G8Om8CwWBQSWOtaRfMSxruGSNOM3-ftJsoSJnEMfgFF1_l5v7_TevDagAOK3io_2v"
    "k2IYMvlaNdMYxIQCqxp3b0Q88BK_GpunCzFdJeaX6n6zjZCml8NABKij9TvtY_Bd52u03LYdeQe01utE1JTg"
    "jRY_I8HZnpq_bKueMurrBHJ_fdFY-FB4izzROe73oL_bzQ\", \"e\": \"AQAB\"}]}";
